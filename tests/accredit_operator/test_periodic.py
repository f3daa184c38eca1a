"""What a leader does by the clock, each duty done by hand."""

import pytest

from accredit_extauthz.contract.publication import BEAT_NAME, HEAD_NAME
from accredit_operator.compile.compile import compile_world
from accredit_operator.following import WATCHED
from accredit_operator.periodic import Periodic
from accredit_operator.ports import CONFIG_MAPS, DECLARED, LEASES, Conflict, Forbidden, NotFound
from accredit_operator.world import Kind, ObjectKey
from fakes.leading import HOME, PREMISES, Scene, on_loop, replica_lease
from fakes.objects import agent, issuer, revocation

AGENTS, REVOCATIONS = DECLARED[Kind.AGENT_IDENTITY], DECLARED[Kind.REVOCATION]
PLANNER = ObjectKey(Kind.AGENT_IDENTITY, "research", "planner")


class Watch:
    """A periodic over a fake cluster; what it tells is noted."""

    def __init__(self):
        self.scene = Scene()
        self.components = self.scene.components()
        self.cluster, self.clock = self.scene.cluster, self.scene.clock
        self.found, self.rewatched = [], 0
        self.periodic = Periodic(self.components, self.found.extend, self._rewatch)

    def _rewatch(self):
        self.rewatched += 1

    async def publish(self, *documents):
        for document in documents:
            self.cluster.apply(DECLARED[document["kind"]], document)
        await self.components.resync.list_all()
        await self.components.publisher.take_over()
        world = self.components.following.world
        compiled = compile_world(world, PREMISES)
        self.components.ledger.on_compiled(compiled, (), self.components.surroundings.now())
        done = await self.components.publisher.publish(compiled.shards)
        self.components.ledger.on_published(done.sequence)
        return done.sequence

    def names(self):
        return [one.name for one in self.cluster.list_all(CONFIG_MAPS, namespace=HOME).items]

    def probed(self):
        return {said.plural for said in self.cluster.said if said.verb == "probe"}


class TestBeat:
    @on_loop
    async def test_it_beats_when_every_kind_answers(self):
        watch = Watch()
        await watch.publish(issuer())
        await watch.periodic._beat()
        assert BEAT_NAME in watch.names()
        assert watch.probed() == {collection.plural for collection in WATCHED}

    @on_loop
    async def test_a_kind_of_which_an_event_came_is_not_asked(self):
        watch = Watch()
        await watch.publish(issuer())
        await watch.periodic._beat()
        watch.clock.advance(2)
        watch.components.inbox.put(AGENTS, watch.cluster.apply(AGENTS, agent()), is_gone=False)
        watch.clock.advance(1)
        watch.cluster.said.clear()
        await watch.periodic._beat()
        assert watch.probed() == {collection.plural for collection in WATCHED if collection != AGENTS}

    @pytest.mark.parametrize("error", [None, NotFound("not installed")], ids=["no answer", "not installed"])
    def test_it_stops_while_one_kind_does_not_answer(self, error):
        @on_loop
        async def played():
            watch = Watch()
            await watch.publish(issuer())
            watch.cluster.fail("probe", AGENTS, error=error, times=3)
            for _ in range(3):
                await watch.periodic._beat()
                watch.clock.advance(2)
            assert BEAT_NAME not in watch.names()
            await watch.periodic._beat()
            if error is not None:  # what is back is listed before it counts
                assert BEAT_NAME not in watch.names()
                assert watch.periodic._relist.is_set()
                await watch.periodic._list()
                assert watch.rewatched == 1
                await watch.periodic._beat()
            assert BEAT_NAME in watch.names()

        played()

    @on_loop
    async def test_a_head_that_is_gone_asks_for_a_publication(self):
        watch = Watch()
        await watch.publish(issuer())
        watch.cluster.remove(CONFIG_MAPS, HOME, HEAD_NAME)
        await watch.periodic._beat()
        assert watch.components.inbox._is_asked


class TestLists:
    @on_loop
    async def test_what_a_list_finds_is_told(self):
        watch = Watch()
        await watch.publish(issuer())
        await watch.periodic._list()
        assert watch.found == []
        watch.cluster.apply(AGENTS, agent())
        await watch.periodic._list()
        assert watch.found == [(AGENTS, ("research", "planner"))]

    @on_loop
    async def test_watches_that_miss_things_begin_anew_and_are_blind_if_that_does_not_help(self):
        watch = Watch()
        await watch.publish(issuer())
        for number in range(3):
            watch.cluster.apply(AGENTS, agent(f"a-{number}"))
            await watch.periodic._list()
            watch.clock.advance(30)
            assert watch.rewatched == min(number, 2)
        assert watch.periodic.is_blind
        watch.periodic.on_events([(AGENTS, ("research", "a-2"))])
        await watch.periodic._list()
        assert not watch.periodic.is_blind

    @on_loop
    async def test_a_sweep_that_finds_harm_asks_for_a_publication(self):
        watch = Watch()
        await watch.publish(issuer())
        shard = next(name for name in watch.names() if "shard" in name)
        watch.cluster.remove(CONFIG_MAPS, HOME, shard)
        await watch.periodic._sweep()
        assert watch.components.inbox._is_asked


class TestRoll:
    @on_loop
    async def test_what_everyone_serves_is_programmed_and_counted(self):
        watch = Watch()
        sequence = await watch.publish(issuer(), agent())
        watch.periodic.on_published(sequence, watch.clock.ticks_ns())
        watch.cluster.apply(LEASES, replica_lease("r", sequence - 1))
        await watch.periodic.call_roll_if_possible()
        assert watch.components.ledger.is_waiting
        watch.clock.advance(0.2)
        watch.cluster.apply(LEASES, replica_lease("r", sequence))
        await watch.periodic.call_roll_if_possible()
        assert not watch.components.ledger.is_waiting
        assert watch.scene.metrics.registry.get_sample_value("accredit_propagation_seconds_sum") == 0.2

    @on_loop
    async def test_a_replica_that_serves_more_than_was_published_asks_for_a_publication(self):
        watch = Watch()
        sequence = await watch.publish(issuer())
        watch.cluster.apply(LEASES, replica_lease("r", sequence + 1))
        await watch.periodic.call_roll_if_possible()
        assert watch.components.inbox._is_asked

    @on_loop
    async def test_a_lease_that_is_no_replicas_is_not_read(self):
        watch = Watch()
        await watch.publish(issuer())
        stray = replica_lease("accredit-operator", 10**15)
        watch.cluster.apply(LEASES, {**stray, "metadata": {**stray["metadata"], "labels": {}}})
        await watch.periodic.call_roll_if_possible()
        assert watch.components.ledger.roll.alive == ()

    @on_loop
    async def test_trouble_is_said_once_and_again_after_it_was_over(self):
        watch = Watch()
        for times in (2, 1):
            watch.cluster.fail("list", LEASES, error=Forbidden("no role"), times=times)
            for _ in range(times + 1):
                await watch.periodic.call_roll_if_possible()
        assert watch.scene.log.events() == ["the roll of replicas did not succeed"] * 2

    @on_loop
    async def test_replicas_that_cannot_read_what_is_written_are_named(self):
        watch = Watch()
        watch.cluster.apply(LEASES, replica_lease("new", 1))
        watch.cluster.apply(LEASES, replica_lease("unknown", 1, format_="0"))
        await watch.periodic.call_roll_if_possible()
        assert watch.scene.log.lines == []


EXPIRED = {"tokenID": "t", "issuerRef": {"name": "corp-idp"}, "expiresAt": "2026-09-21T13:00:00Z"}


class TestDue:
    def left(self, watch):
        return [one.name for one in watch.cluster.list_all(REVOCATIONS).items]

    @on_loop
    async def test_a_revocation_goes_an_hour_after_its_end(self):
        watch = Watch()
        await watch.publish(issuer(), revocation("over", **EXPIRED), revocation("endless", tokenID="t"))
        await watch.periodic._do_what_is_due()
        assert self.left(watch) == ["endless"]

    @on_loop
    async def test_one_that_was_changed_meanwhile_stays_until_that_is_known(self):
        watch = Watch()
        await watch.publish(issuer(), revocation("over", **EXPIRED))
        watch.cluster.apply(REVOCATIONS, revocation("over", **{**EXPIRED, "expiresAt": "2030-01-01T00:00:00Z"}))
        await watch.periodic._do_what_is_due()
        assert self.left(watch) == ["over"]
        assert watch.components.ledger.due(watch.components.surroundings.now() + 60) != ()

    @pytest.mark.parametrize(
        ("error", "is_raised"), [(NotFound("gone"), False), (Conflict("newer"), False), (Forbidden("no role"), True)]
    )
    def test_a_deletion_that_fails(self, error, is_raised):
        @on_loop
        async def played():
            watch = Watch()
            await watch.publish(issuer(), revocation("over", **EXPIRED))
            watch.cluster.fail("delete", error=error)
            raised = False
            try:
                await watch.periodic._do_what_is_due()
            except Forbidden:
                raised = True
            assert raised is is_raised

        played()

    @on_loop
    async def test_who_does_not_lead_deletes_nothing(self):
        watch = Watch()
        await watch.publish(issuer(), revocation("over", **EXPIRED))
        watch.scene.leadership.is_held = False
        await watch.periodic._do_what_is_due()
        assert self.left(watch) == ["over"]

    @on_loop
    async def test_an_agent_that_expires_is_looked_at(self):
        watch = Watch()
        await watch.publish(issuer(), agent(expiresAt="2026-09-21T14:14:00Z"))
        watch.clock.advance(60)
        await watch.periodic._do_what_is_due()
        assert len(watch.components.status_writer._marks) == 1
