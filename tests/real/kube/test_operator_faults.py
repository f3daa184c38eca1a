"""What befalls the operator and the API server. After each, what is published is what a fresh compile gives."""

import contextlib
import random
import time
from pathlib import Path

import pytest

from accredit_extauthz.contract.publication import CONTENT, HEAD_NAME
from fakes.objects import agent, identity, issuer, policy
from real.kube.operator_process import CONTINUE, NAMESPACE, PAUSE, OperatorProcess, Seen

ROOT = Path(__file__).parents[3]
CONFIG_MAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/accredit-operator"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/accredit-operator"
SERVICE = {"type": "Service", "service": {"name": "crm"}}


@pytest.fixture
def seen(kube, clean):
    return Seen(kube)


@pytest.fixture
def operators(seen, operator_kubeconfig, tmp_path):
    """Starts operators, and ends all that it has started."""
    started = []

    def start(kubeconfig=operator_kubeconfig, **environment):
        started.append(OperatorProcess(tmp_path, kubeconfig, **environment))
        return started[-1]

    yield start
    for each in started:
        each.signal(CONTINUE)
        each.kill()


@pytest.fixture
def proxied_kubeconfig(kube, fault_proxy, tmp_path):
    """The operator's credentials, by way of `fault_proxy`."""
    server = f"https://127.0.0.1:{fault_proxy.port}"
    return kube.write_kubeconfig(tmp_path / "proxied", NAMESPACE, "accredit-operator", server=server)


@pytest.fixture
def gap(fault_proxy, control_plane):
    """A time without the API server, after which no watch can be resumed."""

    @contextlib.contextmanager
    def begin():
        with fault_proxy.cut():
            yield
            control_plane.forget_history()

    return begin


@pytest.fixture
def tenant(kube, seen, namespace):
    """Some objects of one namespace."""
    documents = [issuer(), policy(namespace=namespace, targets=[SERVICE])]
    documents += [agent(f"a-{n}", namespace, identities=[identity(f"agent:{n}")]) for n in range(5)]
    for document in documents:
        kube.apply(document)
    return documents


@pytest.fixture
def operator(operators, tenant, seen):
    process = operators()
    process.wait(seen.is_truth, "the first publication")
    return process


def suspend(kube, document, *, suspended=True):
    kube.merge(document, {"spec": {"suspended": suspended}})


def are_suspended(seen, *names):
    snapshot = seen.snapshot()
    return snapshot is not None and {one.ref.name for one in snapshot.agents if one.suspended} == set(names)


def test_a_suspension_lands_while_no_status_can_be_written(kube, seen, operator, tenant):
    role = kube.request("GET", ROLE)
    without = [rule for rule in role["rules"] if not rule["resources"][0].endswith("/status")]
    kube.request("PATCH", ROLE, {"rules": without}, "application/merge-patch+json")
    try:
        suspend(kube, tenant[2])
        operator.wait(lambda: are_suspended(seen, "a-0"), "the suspension", 1)
        suspend(kube, tenant[3])
        operator.wait(lambda: are_suspended(seen, "a-0", "a-1"), "another suspension of the next second", 1)
        operator.wait(lambda: operator.lines("a status cannot be written; publication goes on"), "a word of it")
        suspend(kube, tenant[2], suspended=False)
        operator.wait(lambda: are_suspended(seen, "a-1"), "an object whose status could not be written", 1)
    finally:
        kube.apply_file(ROOT / "examples" / "kubernetes" / "rbac.yaml")


def test_killed_at_any_moment_it_goes_on_where_it_was(kube, seen, operators, tenant):
    """The moments are of one seed; each restart finds what the one before left half done."""
    dice = random.Random(7)
    sequence = 0
    for round_ in range(6):
        process = operators()
        process.wait(lambda each=process: each.lines("leading"), "the Lease", 30)
        process.wait(seen.is_truth, "the truth after a restart", 30)
        assert seen.sequence() >= sequence
        sequence = seen.sequence()
        suspend(kube, tenant[2 + round_ % 5], suspended=round_ % 2 == 0)
        time.sleep(dice.uniform(0.02, 0.12))
        process.kill()
        kube.request("DELETE", LEASE)  # nobody waits for the dead
    operators().wait(seen.is_truth, "the whole truth", 30)


def test_a_deletion_in_a_gap_of_the_watches_is_found(kube, seen, operators, tenant, proxied_kubeconfig, gap):
    operator = operators(proxied_kubeconfig)
    operator.wait(seen.is_truth, "the first publication")
    with gap():
        kube.delete(tenant[2])
    operator.wait(lambda: seen.is_truth() and len(seen.snapshot().agents) == 4, "the deletion", 20)


def test_an_object_that_is_deleted_and_made_again_at_once_is_there(kube, seen, operator, tenant):
    for _ in range(15):
        kube.delete(tenant[2])
        kube.apply(tenant[2])
    operator.wait(lambda: seen.is_truth() and len(seen.snapshot().agents) == 5, "all five agents", 5)
    kube.delete(tenant[2])
    operator.wait(lambda: seen.is_truth() and len(seen.snapshot().agents) == 4, "four agents", 5)


def test_a_kind_that_is_removed_freezes_publication_and_comes_back(kube, seen, operator, tenant, namespace):
    crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/toolpolicies.accredit.dev"
    kube.request("DELETE", crd)
    try:
        operator.wait(lambda: operator.probe("/readyz") == 503, "that it is not ready", 30)
        suspend(kube, tenant[2])
        frozen = "publication is frozen: a kind cannot be seen; what is published stays"
        operator.wait(lambda: operator.lines(frozen), "a word")
        # Only now: what was on its way when the kind went away may still have been published.
        frozen_at = seen.sequence()
        suspend(kube, tenant[3])
        time.sleep(1)
        assert seen.sequence() == frozen_at
        assert not are_suspended(seen, "a-1")
    finally:
        kube.install(ROOT / "crds")
    kube.apply(tenant[1])
    operator.wait(lambda: operator.probe("/readyz") == 200, "readiness", 30)
    operator.wait(seen.is_truth, "the truth", 10)

    def until_noticed():
        kube.delete(tenant[1])
        operator.wait(lambda: not seen.snapshot().policies, "the deletion", 5)
        kube.apply(tenant[1])
        return operator.wait(lambda: seen.snapshot().policies, "the policy", 5)

    # The first ones may have been found by a list: the API server puts watches of a new kind off for a second.
    assert min(until_noticed() for _ in range(4)) < 0.5


@pytest.mark.parametrize("harm", ["the head deleted", "an old head restored", "a shard deleted", "a shard replaced"])
def test_what_is_harmed_is_published_again(kube, seen, operator, tenant, harm):
    head = seen.parts()[HEAD_NAME]
    suspend(kube, tenant[2])
    operator.wait(lambda: seen.sequence() > 0 and are_suspended(seen, "a-0"), "a second publication", 3)
    operator.wait(seen.is_truth, "the truth", 3)
    before = seen.sequence()
    shard = seen.parts()[next(iter(seen.head().shards))]
    path = f"{CONFIG_MAPS}/{shard['metadata']['name']}"
    match harm:
        case "the head deleted":
            kube.request("DELETE", f"{CONFIG_MAPS}/{HEAD_NAME}")
        case "an old head restored":
            current = seen.parts()[HEAD_NAME]
            kube.request("PUT", f"{CONFIG_MAPS}/{HEAD_NAME}", {**current, "data": head["data"]})
        case "a shard deleted":
            kube.request("DELETE", path)
        case "a shard replaced":
            kube.request("DELETE", path)
            kube.request("POST", CONFIG_MAPS, {**fresh(shard), "data": {CONTENT: "{}"}})
    operator.wait(lambda: seen.sequence() > before and seen.is_truth(), "a publication above it", 10)


def test_a_leader_that_was_paused_past_its_lease_ends_and_harms_nothing(kube, seen, operators, tenant):
    first = operators()
    first.wait(seen.is_truth, "the first publication")
    second = operators()
    second.wait(lambda: second.probe("/readyz") == 200, "a standby that is ready")
    first.signal(PAUSE)
    suspend(kube, tenant[2])
    second.wait(lambda: second.lines("leading"), "the take-over", 25)
    second.wait(lambda: are_suspended(seen, "a-0") and seen.is_truth(), "the suspension", 5)
    writer = seen.head().writer
    first.signal(CONTINUE)
    assert first.until_ended(10) != 0
    assert seen.head().writer == writer
    suspend(kube, tenant[3])
    second.wait(lambda: are_suspended(seen, "a-0", "a-1") and seen.is_truth(), "another suspension", 2)


def test_the_api_server_may_go_and_come_back(kube, seen, operator, tenant, control_plane):
    with control_plane.api_server_down():
        time.sleep(1)
    suspend(kube, tenant[2])
    operator.wait(lambda: are_suspended(seen, "a-0") and seen.is_truth(), "the suspension", 15)
    suspend(kube, tenant[3])
    operator.wait(lambda: are_suspended(seen, "a-0", "a-1"), "a suspension by a watch that lives again", 5)


@pytest.mark.timeout(240)
def test_a_minute_without_an_api_server_is_survived_with_restarts(kube, seen, operators, tenant, control_plane):
    first = operators()
    first.wait(seen.is_truth, "the truth", 15)
    before = seen.head()
    with control_plane.api_server_down():
        gone_until = time.monotonic() + 60
        assert first.until_ended(30) != 0  # its Lease could not be renewed: it must not believe that it leads
        time.sleep(max(0.0, gone_until - time.monotonic()))
    assert seen.head() == before
    suspend(kube, tenant[2])
    again = operators()
    again.wait(lambda: are_suspended(seen, "a-0") and seen.is_truth(), "the suspension", 30)


def test_one_tenants_mess_is_not_anothers(kube, seen, operator, tenant, namespace):
    """Duplicate, cyclic and unreadable objects of a hostile namespace change nothing for its neighbour."""
    hostile = f"hostile-{namespace}"
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": hostile}})
    victim = next(one for one in seen.snapshot().agents if one.ref.name == "a-0")
    grabs = [
        agent("thief", hostile, identities=[identity("agent:0")]),
        agent("loop", hostile, identities=[identity("agent:loop")], delegatesTo=[{"name": "loop"}]),
        policy("squat", hostile, targets=[{"type": "Host", "host": {"names": [f"crm.{namespace}.svc"]}}]),
    ]
    for document in grabs:
        kube.apply(document)
    operator.wait(lambda: seen.condition(grabs[0], "Accepted").get("reason") == "Conflicted", "the conflict", 5)
    operator.wait(lambda: seen.condition(grabs[2], "Accepted").get("reason") == "NotPermitted", "the refusal", 5)
    operator.wait(seen.is_truth, "the truth", 5)
    snapshot = seen.snapshot()
    assert next(one for one in snapshot.agents if one.ref == victim.ref) == victim
    assert next(one for one in snapshot.agents if one.ref.name == "thief").identities == ()
    assert next(one for one in snapshot.policies if one.ref.namespace == hostile).targets == ()


def test_a_namespace_that_is_deleted_takes_its_objects_along(kube, seen, operator, tenant, namespace, control_plane):
    control_plane.start_controllers()
    doomed = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"doomed-{namespace}"}}
    kube.apply(doomed)
    for number in range(3):
        kube.apply(agent(f"d-{number}", doomed["metadata"]["name"], identities=[identity(f"agent:d-{number}")]))
    operator.wait(lambda: len(seen.snapshot().agents) == 8, "all agents", 5)
    kube.delete(doomed)
    operator.wait(lambda: len(seen.snapshot().agents) == 5, "those that are left", 30)
    operator.wait(seen.is_truth, "the truth", 10)


def fresh(stored):
    """A document to create anew from one that was read."""
    metadata = {member: stored["metadata"][member] for member in ("name", "namespace", "labels")}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
