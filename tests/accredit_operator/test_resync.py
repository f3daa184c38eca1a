import pytest

from accredit_operator.blocking import Blocking
from accredit_operator.following import WATCHED, Following
from accredit_operator.ports import DECLARED, NAMESPACES, Forbidden, NotFound, TransientError
from accredit_operator.resync import Resync, Watchfulness
from accredit_operator.world import Kind
from fakes.cluster import FakeCluster
from fakes.leading import on_loop
from fakes.objects import agent, issuer

AGENTS, ISSUERS = DECLARED[Kind.AGENT_IDENTITY], DECLARED[Kind.TRUSTED_ISSUER]
S = 1_000_000_000


def resync(cluster, namespaces=()):
    return Resync(cluster, Blocking("test"), Following(), namespaces)


@on_loop
async def test_everything_is_listed():
    cluster = FakeCluster()
    cluster.apply(ISSUERS, issuer())
    cluster.apply(AGENTS, agent())
    made = resync(cluster)
    assert await made.list_all() == {(ISSUERS, ("", "corp-idp")), (AGENTS, ("research", "planner"))}
    assert {said.plural for said in cluster.said} == {collection.plural for collection in WATCHED}
    assert await made.list_all() == set()


@pytest.mark.parametrize(
    ("error", "is_unseen"),
    [
        pytest.param(NotFound("no such kind"), True, id="not installed"),
        pytest.param(Forbidden("no role"), True, id="not permitted"),
        pytest.param(TransientError("no connection"), False, id="no answer just now"),
    ],
)
def test_a_kind_that_cannot_be_listed_keeps_what_is_known_of_it(error, is_unseen):
    @on_loop
    async def played():
        cluster = FakeCluster()
        cluster.apply(AGENTS, agent())
        made = resync(cluster)
        await made.list_all()
        cluster.fail("list", AGENTS, error=error)
        assert await made.list_all() == set()
        assert len(made.following.world.objects) == 1
        assert set(made.trouble) == {AGENTS}
        assert (AGENTS in made.unseen) is is_unseen
        await made.list_all()
        assert (made.trouble, made.unseen) == ({}, {})

    played()


@on_loop
async def test_a_probe_tells_whether_a_kind_can_be_seen_and_only_a_list_makes_it_seen_again():
    cluster = FakeCluster()
    made = resync(cluster)
    assert await made.probe(AGENTS)
    cluster.fail("probe", AGENTS, error=NotFound("gone"))
    assert not await made.probe(AGENTS)
    assert await made.probe(AGENTS)
    assert set(made.unseen) == {AGENTS}
    await made.list_all()
    assert made.unseen == {}


@on_loop
async def test_only_some_namespaces_are_listed_and_what_has_none_is_listed_whole():
    cluster = FakeCluster()
    for name in ("research", "tools", "other"):
        cluster.apply(AGENTS, agent("planner", name))
    cluster.apply(ISSUERS, issuer())
    made = resync(cluster, ("research", "tools"))
    found = await made.list_all()
    assert found == {(AGENTS, ("research", "planner")), (AGENTS, ("tools", "planner")), (ISSUERS, ("", "corp-idp"))}
    await made.probe(AGENTS)
    await made.probe(NAMESPACES)
    assert [said.namespace for said in cluster.said if said.verb == "probe"] == ["research", "tools", ""]


FOUND = (AGENTS, ("research", "planner"))


class TestWatchfulness:
    def test_what_an_event_brings_soon_was_not_missed(self):
        made = Watchfulness()
        made.on_lists([FOUND], 0)
        made.on_event(FOUND)
        made.on_lists([], 30 * S)
        assert not made.has_missed

    def test_what_no_event_brings_was_missed(self):
        made = Watchfulness()
        made.on_lists([FOUND], 0)
        made.on_lists([], 30 * S)
        assert (made.has_missed, made.is_blind) == (True, False)

    def test_ten_seconds_are_given(self):
        made = Watchfulness()
        made.on_lists([FOUND], 0)
        made.on_lists([], 3 * S)
        made.on_lists([], 9 * S)
        assert not made.has_missed
        made.on_lists([], 10 * S)
        assert made.has_missed

    def test_twice_in_a_row_is_blindness_and_a_good_list_ends_it(self):
        made = Watchfulness()
        for at in (0, 30, 60):
            made.on_lists([FOUND], at * S)
        assert made.is_blind
        made.on_event(FOUND)
        made.on_lists([], 90 * S)
        assert not made.is_blind
