"""Leases of replicas that are gone, removed; all others kept."""

import pytest

from accredit_extauthz.contract.publication import REPLICA_LEASE_PREFIX, SEQUENCE
from accredit_operator.ports import LEASES, Forbidden
from accredit_operator.replicas import ABANDONED_S
from fakes.leading import HOME, Scene, on_loop, replica_lease

GONE, OTHER = f"{REPLICA_LEASE_PREFIX}gone", f"{REPLICA_LEASE_PREFIX}other"
LONG_AGO, NEVER = "2026-09-21T13:06:40.123456Z", "never"  # over an hour before FakeClock begins
JUST_NOW = "2026-09-21T14:13:20.000000Z"


class Sweeps:
    def __init__(self):
        self.scene = Scene()
        self.cluster, self.clock = self.scene.cluster, self.scene.clock
        self.lease_sweep = self.scene.components().lease_sweep

    def renew(self, name, renewed, sequence=7):
        self.cluster.apply(LEASES, replica_lease(name, sequence, renewed=renewed))

    async def sweep(self, *, after_s=0):
        self.clock.advance(after_s)
        await self.lease_sweep.sweep()
        return [lease.name for lease in self.cluster.list_all(LEASES, namespace=HOME).items]


@on_loop
async def test_a_lease_that_is_an_hour_old_and_changes_no_more_is_removed():
    sweeps = Sweeps()
    sweeps.renew(GONE, LONG_AGO)
    assert await sweeps.sweep() == [GONE]
    assert await sweeps.sweep(after_s=15) == [GONE]
    assert await sweeps.sweep(after_s=1) == []
    assert sweeps.scene.log.lines[-1]["lease"] == GONE


@on_loop
async def test_one_that_has_left_in_order_is_removed_too():
    sweeps = Sweeps()
    left = replica_lease(GONE, 7, renewed=LONG_AGO)
    sweeps.cluster.apply(LEASES, {**left, "metadata": {**left["metadata"], "labels": {}}})
    await sweeps.sweep()
    assert await sweeps.sweep(after_s=16) == []


@pytest.mark.parametrize("renewed", [JUST_NOW, NEVER, None])
def test_a_replica_that_is_late_or_whose_age_cannot_be_told_keeps_its_lease(renewed):
    @on_loop
    async def played():
        sweeps = Sweeps()
        sweeps.renew(GONE, renewed)
        await sweeps.sweep()
        assert await sweeps.sweep(after_s=ABANDONED_S - 1) == [GONE]

    played()


@on_loop
async def test_a_replica_whose_clock_is_wrong_keeps_its_lease_while_it_renews():
    sweeps = Sweeps()
    for number in range(4):
        sweeps.renew(GONE, LONG_AGO, sequence=number)
        assert await sweeps.sweep(after_s=30) == [GONE]


@on_loop
async def test_one_that_comes_back_before_the_removal_keeps_its_lease():
    sweeps = Sweeps()
    sweeps.renew(GONE, LONG_AGO)
    sweeps.renew(OTHER, LONG_AGO)
    await sweeps.sweep()

    def come_back(said):
        if said.verb == "delete" and said.name == GONE:
            sweeps.renew(GONE, JUST_NOW)
        if said.verb == "delete" and said.name == OTHER:
            sweeps.cluster.remove(LEASES, HOME, OTHER)
            sweeps.renew(OTHER, LONG_AGO)

    sweeps.cluster.before_call = come_back
    assert await sweeps.sweep(after_s=16) == [GONE, OTHER]
    assert [said.name for said in sweeps.cluster.said if said.verb == "delete"] == [GONE, OTHER]


@on_loop
async def test_leases_of_anything_else_are_left_alone():
    sweeps = Sweeps()
    nameless = replica_lease(GONE, 7, renewed=LONG_AGO)
    del nameless["metadata"]["annotations"][SEQUENCE]
    sweeps.cluster.apply(LEASES, nameless)
    sweeps.renew("accredit-operator", LONG_AGO)
    await sweeps.sweep()
    assert await sweeps.sweep(after_s=60) == [GONE, "accredit-operator"]


@on_loop
async def test_who_leads_no_more_removes_nothing():
    sweeps = Sweeps()
    sweeps.renew(GONE, LONG_AGO)
    await sweeps.sweep()
    sweeps.scene.leadership.is_held = False
    assert await sweeps.sweep(after_s=16) == [GONE]


@on_loop
async def test_a_role_that_does_not_allow_it_is_told():
    sweeps = Sweeps()
    sweeps.renew(GONE, LONG_AGO)
    await sweeps.sweep()
    sweeps.cluster.fail("delete", LEASES, error=Forbidden("no"))
    with pytest.raises(Forbidden):
        await sweeps.sweep(after_s=16)
