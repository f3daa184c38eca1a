"""The operator on a real API server, under its own role: what a user applies is published, and told in status."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from accredit_extauthz.contract.publication import BEAT_NAME, HEAD_NAME
from fakes.objects import agent, host, identity, issuer, policy, revocation
from real.kube.operator_process import OperatorProcess, Seen
from real.kube.replica import Replica

ROOT = Path(__file__).parents[3]
SERVICE = {"type": "Service", "service": {"name": "crm"}}


@pytest.fixture
def seen(kube, clean):
    return Seen(kube)


@pytest.fixture
def operator(seen, operator_kubeconfig, tmp_path):
    process = OperatorProcess(tmp_path, operator_kubeconfig)
    process.wait(lambda: process.probe("/readyz") == 200, "readiness")
    yield process
    process.kill()


@pytest.fixture
def replicas(seen, extauthz_kubeconfig):
    started = [Replica(extauthz_kubeconfig, f"replica-{number}") for number in (1, 2)]
    yield started
    for each in started:
        each.stop()


def agents(snapshot):
    return {str(one.ref): one for one in snapshot.agents} if snapshot else {}


def told(kube, namespace):
    events = kube.request("GET", f"/api/v1/namespaces/{namespace}/events")["items"]
    return sorted((one["type"], one["reason"]) for one in events)


def test_what_is_applied_is_published(kube, seen, operator, namespace):
    before = seen.sequence()
    for document in (issuer(), agent(namespace=namespace), policy(namespace=namespace, targets=[SERVICE])):
        kube.apply(document)
    operator.wait(lambda: seen.snapshot() and seen.snapshot().policies and seen.snapshot().agents, "publication", 3)
    operator.wait(seen.is_truth, "the whole truth", 3)
    snapshot = seen.snapshot()
    assert snapshot.sequence > before
    assert list(agents(snapshot)) == [f"{namespace}/planner"]


def test_a_suspension_is_served_by_every_replica_within_a_second(kube, seen, operator, replicas, namespace):
    planner = agent(namespace=namespace)
    kube.apply(issuer())
    kube.apply(planner)
    operator.wait(lambda: all(each.view and each.view.snapshot.agents for each in replicas), "the agent", 5)
    kube.merge(planner, {"spec": {"suspended": True}})
    operator.wait(lambda: all(each.view.snapshot.agents[0].suspended for each in replicas), "the suspension", 1)


def test_status_follows_what_the_replicas_serve(kube, seen, operator, replicas, namespace):
    planner = agent(namespace=namespace)
    kube.apply(issuer())
    kube.apply(planner)
    operator.wait(lambda: seen.condition(planner, "Ready").get("status") == "True", "readiness of the agent", 15)
    assert seen.condition(planner, "Accepted")["status"] == "True"
    programmed = seen.condition(planner, "Programmed")
    assert (programmed["status"], programmed["observedGeneration"]) == ("True", 1)
    operator.wait(lambda: seen.condition(issuer(), "KeysFetched").get("status") == "True", "its issuer's status", 15)
    assert kube.read(issuer())["status"]["keyIDs"] == ["k1"]

    kube.merge(planner, {"spec": {"suspended": True}})
    operator.wait(lambda: seen.condition(planner, "Ready").get("reason") == "Suspended", "the reason", 15)
    status = kube.read(planner)["status"]
    assert status["observedGeneration"] == 2
    moved = {one["type"]: one["lastTransitionTime"] for one in status["conditions"]}
    assert moved["Programmed"] == programmed["lastTransitionTime"]
    flips = [("Normal", "Ready"), ("Warning", "Suspended")]
    operator.wait(lambda: told(kube, namespace) == flips, "one Event for each flip", 15)


def test_without_replicas_nothing_is_programmed(kube, seen, operator, namespace):
    planner = agent(namespace=namespace)
    kube.apply(issuer())
    kube.apply(planner)
    operator.wait(lambda: seen.condition(planner, "Programmed").get("reason") == "NoReplicas", "the reason", 5)
    assert seen.condition(planner, "Ready")["reason"] == "NoReplicas"
    assert seen.condition(planner, "Accepted")["status"] == "True"


def test_a_tenant_gets_nothing_of_anothers_host(kube, seen, operator, namespace):
    """The host is granted to nobody, so the policy contributes nothing, and says what would help."""
    kube.apply(issuer())
    grab = policy(namespace=namespace, targets=[host("crm.corp.example")])
    kube.apply(grab)
    operator.wait(lambda: seen.condition(grab, "Accepted").get("reason") == "NotPermitted", "the refusal", 5)
    assert seen.snapshot().policies[0].targets == ()
    kube.merge(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        {"metadata": {"annotations": {"accredit.dev/hosts": "*.corp.example"}}},
    )
    operator.wait(lambda: seen.condition(grab, "Accepted").get("status") == "True", "the grant", 5)
    assert [target.host for target in seen.snapshot().policies[0].targets] == ["crm.corp.example"]


def test_it_answers_probes_and_counts(kube, seen, operator, namespace):
    kube.apply(issuer())
    operator.wait(lambda: seen.snapshot() and seen.snapshot().issuers, "the issuer", 5)
    beat = seen.beat()
    operator.wait(lambda: seen.beat() != beat, "another beat", 5)
    assert (operator.probe("/healthz"), operator.probe("/readyz")) == (200, 200)
    counted = operator.metrics()
    assert "accredit_leader 1.0" in counted
    assert 'accredit_reconcile_total{kind="TrustedIssuer",result="success"}' in counted


def test_it_gives_the_lease_back_when_it_is_told_to_stop(kube, seen, operator):
    assert operator.stop() == 0
    lease = kube.request("GET", "/apis/coordination.k8s.io/v1/namespaces/accredit-system/leases/accredit-operator")
    assert not lease["spec"].get("holderIdentity")


def test_an_expired_revocation_is_deleted_after_its_hour(kube, seen, operator):
    over = revocation("over", agent={"name": "planner"}, expiresAt="2026-01-01T00:00:00Z")
    lasting = revocation("lasting", agent={"name": "planner"})
    kube.apply(lasting)
    kube.apply(over)
    path = "/apis/accredit.dev/v1alpha1/revocations"
    operator.wait(
        lambda: [one["metadata"]["name"] for one in kube.request("GET", path)["items"]] == ["lasting"],
        "the deletion",
        5,
    )
    operator.wait(seen.is_truth, "the truth", 3)


def test_an_agent_that_expires_says_so_at_its_time(kube, seen, operator, replicas, namespace):
    kube.apply(issuer())
    ends_at = datetime.now(UTC) + timedelta(seconds=3)  # noqa: TID251 -- the operator's clock
    planner = agent(namespace=namespace, expiresAt=ends_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    kube.apply(planner)
    operator.wait(lambda: seen.condition(planner, "Ready").get("reason") == "Ready", "readiness", 3)
    operator.wait(lambda: seen.condition(planner, "Ready").get("reason") == "Expired", "the end", 6)


def test_kubectl_can_wait_for_a_condition(kube, seen, operator, replicas, namespace):
    """As `kubectl wait --for=condition=Ready` does: a status whose observedGeneration is the object's."""
    kube.apply(issuer())
    planner = agent(namespace=namespace)
    kube.apply(planner)

    def is_ready():
        found = kube.read(planner)
        ready = seen.condition(planner, "Ready")
        return ready.get("status") == "True" and ready["observedGeneration"] == found["metadata"]["generation"]

    operator.wait(is_ready, "the condition", 3)


def test_only_watched_namespaces_count(kube, seen, operator_kubeconfig, tmp_path, namespace):
    other = f"other-{namespace}"
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": other}})
    process = OperatorProcess(tmp_path, operator_kubeconfig, ACCREDIT_WATCH_NAMESPACES=namespace)
    try:
        process.wait(seen.head, "a publication")
        for document in (issuer(), agent(namespace=other, identities=[identity("x")]), agent(namespace=namespace)):
            kube.apply(document)
        kube.apply(revocation("cut", agent={"name": "planner"}))
        process.wait(lambda: seen.snapshot() and seen.snapshot().agents and seen.snapshot().revocations, "objects", 5)
        assert list(agents(seen.snapshot())) == [f"{namespace}/planner"]
    finally:
        process.kill()


def test_what_is_published_belongs_to_the_anchor(kube, seen, operator_kubeconfig, tmp_path):
    kube.apply_file(ROOT / "examples" / "kubernetes" / "anchor.yaml")
    anchor = kube.request("GET", "/api/v1/namespaces/accredit-system/configmaps/accredit-anchor")
    process = OperatorProcess(tmp_path, operator_kubeconfig)
    try:
        process.wait(seen.beat, "a beat")
        named = seen.head().shards  # read first: what a head names outlives it
        owners = {name: part["metadata"]["ownerReferences"][0]["uid"] for name, part in seen.parts().items()}
        assert {HEAD_NAME, BEAT_NAME, *named} <= owners.keys()
        assert set(owners.values()) == {anchor["metadata"]["uid"]}
    finally:
        process.kill()
