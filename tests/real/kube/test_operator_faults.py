"""What befalls the API server and its objects. After each, what is published is what a fresh compile gives."""

import time

import pytest

from fakes.objects import ALLOW, agent, host, identity, policy
from real.kube.admin import CRDS, Answer

FROZEN = "publication is frozen: a kind cannot be seen; what is published stays"
POLICIES = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/toolpolicies.accredit.dev"


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


def test_a_kind_that_is_removed_freezes_publication_and_comes_back(kube, seen, operators, replica, tenant):
    operator = operators(ACCREDIT_RESYNC="10m")  # so that at the end only the watches can bring what happens
    operator.wait(lambda: seen.is_truth() and operator.probe("/readyz") == 200, "the first publication")
    kube.request("DELETE", POLICIES)
    try:
        operator.wait(lambda: operator.probe("/readyz") == 503, "that it is not ready", 30)
        kube.suspend(tenant[2])
        operator.wait(lambda: operator.lines(FROZEN), "a word")
        # Only now: what was on its way when the kind went away may still have been published.
        frozen_at = seen.sequence()
        kube.suspend(tenant[3])
        time.sleep(1)
        assert seen.sequence() == frozen_at
        assert "a-1" not in seen.suspended()
    finally:
        kube.install(CRDS)
    kube.apply(tenant[1])
    operator.wait(lambda: operator.probe("/readyz") == 200, "readiness", 30)
    operator.wait(seen.is_truth, "the truth", 10)
    for _ in range(4):  # the first may still have been found by the list that follows a start of the watches
        kube.delete(tenant[1])
        operator.wait(lambda: not seen.snapshot().policies, "the deletion", 10)
        kube.apply(tenant[1])
        operator.wait(lambda: seen.snapshot().policies, "the policy", 10)
    operator.wait(lambda: replica.view.sequence == seen.sequence(), "a replica that serves it", 10)
    assert replica.is_steady()


def test_the_api_server_may_go_and_come_back(kube, seen, operator, tenant, control_plane):
    with control_plane.api_server_down():
        time.sleep(1)
    kube.suspend(tenant[2])
    operator.wait(lambda: seen.suspended() == {"a-0"} and seen.is_truth(), "the suspension", 15)
    kube.suspend(tenant[3])
    operator.wait(lambda: seen.suspended() == {"a-0", "a-1"}, "a suspension by a watch that lives again", 5)


@pytest.mark.timeout(240)
def test_a_minute_without_an_api_server_is_survived(kube, seen, operators, replica, tenant, control_plane):
    first = operators()
    first.wait(seen.is_truth, "the truth", 15)
    first.wait(lambda: replica.view and replica.view.sequence == seen.sequence(), "a replica that serves it", 10)
    before = seen.head()
    with control_plane.api_server_down():
        gone_until = time.monotonic() + 60
        assert first.until_ended(30) != 0  # its Lease could not be renewed: it must not believe that it leads
        time.sleep(max(0.0, gone_until - time.monotonic()))
        assert replica.view.sequence == before.sequence
    assert seen.head() == before
    kube.suspend(tenant[2])
    again = operators()
    again.wait(lambda: seen.suspended() == {"a-0"} and seen.is_truth(), "the suspension", 30)
    again.wait(lambda: replica.suspended() == {"a-0"}, "a replica that serves it", 30)
    assert replica.is_steady()


def test_one_tenants_mess_is_not_anothers(kube, seen, operator, replica, tenant, namespace):
    """Duplicate, cyclic, invalid and oversize objects of a hostile namespace change nothing for its neighbour."""
    hostile = f"hostile-{namespace}"
    kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": hostile}})
    victim = next(one for one in seen.snapshot().agents if one.ref.name == "a-0")
    mess = {
        "Conflicted": agent("thief", hostile, identities=[identity("agent:0")]),
        "Accepted": agent("loop", hostile, delegatesTo=[{"name": "loop"}], delegatesFrom=[{"name": "loop"}]),
        "NotPermitted": policy("squat", hostile, targets=[host(f"crm.{namespace}.svc")]),
        "Invalid": agent("stray", hostile, workloads=[{"type": "SPIFFE", "spiffeID": "spiffe://elsewhere/x"}]),
        "TooLarge": policy("huge", hostile, targets=[service("huge")], rules=large_rules()),
    }
    for document in mess.values():
        kube.apply(document)
    with pytest.raises(Answer, match="422"):
        kube.apply(agent("wrong", hostile, scopes=["no scope"]))
    for reason, document in mess.items():
        operator.wait(lambda on=document: seen.condition(on, "Accepted"), f"a word on the one that is {reason}", 10)
        assert seen.condition(document, "Accepted")["reason"] == reason
    operator.wait(seen.is_truth, "the truth", 5)
    operator.wait(lambda: replica.view.sequence == seen.sequence(), "a replica that serves it", 10)
    assert all(victim in snapshot.agents for snapshot in replica.served if snapshot.agents)
    snapshot = seen.snapshot()
    assert next(one for one in snapshot.agents if one.ref.name == "thief").identities == ()
    assert next(one for one in snapshot.policies if one.ref.name == "squat").targets == ()
    assert next(one for one in snapshot.policies if one.ref.name == "huge").body is None


def test_an_object_too_large_for_the_api_server_changes_nothing(kube, seen, operator, tenant, namespace):
    labels = {f"label-{number}": "x" * 60 for number in range(60_000)}
    heavy = agent("heavy", namespace, identities=[identity("agent:heavy")])
    before = seen.head()
    with pytest.raises(Answer):
        kube.apply({**heavy, "metadata": {**heavy["metadata"], "labels": labels}})
    assert seen.head() == before
    assert seen.is_truth()


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


def service(name):
    return {"type": "Service", "service": {"name": name}}


def large_rules():
    """Rules that the API server takes and that compile to more than one object may be."""
    names = [f"{'x' * 240}{number}" for number in range(64)]
    spoken = {"mcp": {"methods": ["tools/call"], "tools": names}, "users": {"subjects": names}}
    return [{**ALLOW, "name": f"r{number}", **spoken} for number in range(20)]
