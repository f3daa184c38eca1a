import pytest

from accredit_operator.ports import LEASES
from accredit_operator.replicas import Roll, call_roll, read_replica
from fakes.cluster import FakeCluster
from fakes.leading import replica_lease

S = 1_000_000_000


class Leases:
    def __init__(self):
        self.cluster = FakeCluster()
        self.roll = Roll()

    def renew(self, name, sequence, at):
        self.cluster.apply(LEASES, replica_lease(name, sequence, renewed=str(at)))

    def call(self, at_s):
        self.roll = call_roll(self.roll, self.cluster.list_all(LEASES).items, at_s * S)
        return {replica.name: replica.sequence for replica in self.roll.alive}


def test_a_replica_is_alive_for_fifteen_seconds_after_each_renewal():
    leases = Leases()
    leases.renew("a", 7, 1)
    leases.renew("b", 9, 1)
    assert leases.call(100) == {"a": 7, "b": 9}
    leases.renew("b", 9, 2)
    assert leases.call(110) == {"a": 7, "b": 9}
    assert leases.call(115) == {"a": 7, "b": 9}
    assert leases.call(116) == {"b": 9}
    assert leases.call(126) == {}
    leases.renew("a", 9, 3)
    assert leases.call(127) == {"a": 9}


def test_a_lease_that_is_gone_counts_no_more():
    leases = Leases()
    leases.renew("a", 7, 1)
    leases.call(1)
    leases.cluster.remove(LEASES, "accredit-system", "a")
    assert leases.call(2) == {}


def test_all_serve_what_the_slowest_serves():
    leases = Leases()
    leases.renew("a", 7, 1)
    leases.renew("b", 9, 1)
    leases.call(1)
    assert (leases.roll.served, leases.roll.highest) == (7, 9)


def test_nobody_serves_nothing():
    assert (Roll().served, Roll().highest) == (None, 0)


@pytest.mark.parametrize(
    ("unknown", "expected"),
    [
        pytest.param('{"idp": "k2"}', {"idp": "k2"}, id="a kid for an issuer"),
        pytest.param("{", {}, id="no JSON"),
        pytest.param("[1]", {}, id="another thing"),
        pytest.param(None, {}, id="nothing"),
    ],
)
def test_unknown_keys_are_read_as_they_come(unknown, expected):
    stored = FakeCluster().apply(LEASES, replica_lease("a", 7, unknown=unknown))
    assert read_replica(stored).unknown_keys == expected


def test_what_cannot_be_read_counts_as_nothing_served():
    document = replica_lease("a", "seven", format_="x")
    assert (
        read_replica(FakeCluster().apply(LEASES, document)).sequence,
        read_replica(FakeCluster().apply(LEASES, document)).format,
    ) == (0, 0)
    bare = {**document, "metadata": {"namespace": "accredit-system", "name": "a"}}
    assert read_replica(FakeCluster().apply(LEASES, bare)).sequence == 0
