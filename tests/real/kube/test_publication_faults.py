"""What befalls the writer of the publication, and what it has written. Replicas never go back."""

import contextlib
import random
import time

import pytest

from accredit_extauthz.contract.publication import CONTENT, HEAD_NAME
from real.kube.admin import NAMESPACE
from real.kube.gate import is_named
from real.kube.operator_process import CONTINUE, PAUSE
from real.kube.published import suspended_in

CONFIG_MAPS = f"/api/v1/namespaces/{NAMESPACE}/configmaps"
LEASE = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/accredit-operator"


def test_killed_at_any_moment_it_goes_on_where_it_was(kube, seen, operators, replica, tenant):
    """The moments are of one seed; each restart finds what the one before left half done."""
    dice = random.Random(7)
    sequence = 0
    for round_ in range(6):
        process = operators()
        process.wait(lambda each=process: each.lines("leading"), "the Lease", 30)
        process.wait(seen.is_truth, "the truth after a restart", 30)
        assert seen.sequence() >= sequence
        sequence = seen.sequence()
        kube.suspend(tenant[2 + round_ % 5], suspended=round_ % 2 == 0)
        time.sleep(dice.uniform(0.02, 0.12))
        process.kill()
        kube.request("DELETE", LEASE)  # nobody waits for the dead
    last = operators()
    last.wait(seen.is_truth, "the whole truth", 30)
    last.wait(lambda: replica.suspended() == seen.suspended(), "a replica that serves it", 10)
    assert replica.is_steady()


@pytest.fixture(params=["accredit-shard-", HEAD_NAME])
def held(request, gate):
    """A time in which shards, or the head, are on their way and do not land."""

    @contextlib.contextmanager
    def begin():
        with gate.holding(is_named(request.param)):
            yield gate

    return begin


def test_killed_with_a_write_under_way_it_leaves_what_was_served(kube, seen, operators, replica, tenant, held):
    first = operators()
    first.wait(seen.is_truth, "the first publication")
    first.wait(lambda: replica.view and replica.view.sequence == seen.sequence(), "a replica that serves it", 10)
    before = seen.head()
    with held() as gate:
        kube.suspend(tenant[2])
        first.wait(lambda: gate.held, "a write that is on its way", 10)
        first.kill()
        assert seen.head() == before
        assert seen.snapshot().sequence == replica.view.sequence
    kube.request("DELETE", LEASE)
    second = operators()
    second.wait(lambda: seen.is_truth() and replica.suspended() == {"a-0"}, "the suspension", 30)
    assert replica.is_steady()


@pytest.mark.parametrize("harm", ["the head deleted", "an old head restored", "a shard deleted", "a shard replaced"])
def test_what_is_harmed_is_published_again(kube, seen, operator, replica, tenant, harm):
    old = seen.parts()[HEAD_NAME]
    kube.suspend(tenant[2])
    operator.wait(lambda: seen.suspended() == {"a-0"} == replica.suspended(), "a second publication", 5)
    operator.wait(seen.is_truth, "the truth", 3)
    before, served = seen.sequence(), len(replica.served)
    shard = seen.parts()[next(iter(seen.head().shards))]
    path = f"{CONFIG_MAPS}/{shard['metadata']['name']}"
    match harm:
        case "the head deleted":
            kube.request("DELETE", f"{CONFIG_MAPS}/{HEAD_NAME}")
        case "an old head restored":
            current = seen.parts()[HEAD_NAME]
            kube.request("PUT", f"{CONFIG_MAPS}/{HEAD_NAME}", {**current, "data": old["data"]})
        case "a shard deleted":
            kube.request("DELETE", path)
        case "a shard replaced":
            kube.request("DELETE", path)
            kube.request("POST", CONFIG_MAPS, {**fresh(shard), "data": {CONTENT: "{}"}})
    operator.wait(lambda: seen.sequence() > before and seen.is_truth(), "a publication above it", 10)
    operator.wait(lambda: replica.view.sequence == seen.sequence(), "a replica that serves it", 10)
    assert replica.is_steady()
    assert all(suspended_in(snapshot) == {"a-0"} for snapshot in replica.served[served - 1 :])


def test_a_leader_that_was_paused_past_its_lease_ends_and_harms_nothing(kube, seen, operators, replica, tenant):
    first = operators()
    first.wait(seen.is_truth, "the first publication")
    second = operators()
    second.wait(lambda: second.probe("/readyz") == 200, "a standby that is ready")
    first.signal(PAUSE)
    kube.suspend(tenant[2])
    second.wait(lambda: second.lines("leading"), "the take-over", 25)
    second.wait(lambda: seen.suspended() == {"a-0"} and seen.is_truth(), "the suspension", 5)
    writer = seen.head().writer
    first.signal(CONTINUE)
    assert first.until_ended(10) != 0
    assert seen.head().writer == writer
    kube.suspend(tenant[3])
    second.wait(lambda: seen.suspended() == {"a-0", "a-1"} and seen.is_truth(), "another suspension", 5)
    second.wait(lambda: replica.suspended() == {"a-0", "a-1"}, "a replica that serves it", 5)
    assert replica.is_steady()


def fresh(stored):
    """A document to create anew from one that was read."""
    metadata = {member: stored["metadata"][member] for member in ("name", "namespace", "labels")}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
