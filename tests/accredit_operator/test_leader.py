"""A leader's whole work over a fake cluster and watches that do what they are told."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from accredit_extauthz.contract.codec import assemble
from accredit_extauthz.contract.publication import HEAD_NAME
from accredit_operator.compile.compile import compile_world
from accredit_operator.compile.objects import read_object
from accredit_operator.leader import Leader
from accredit_operator.ports import CONFIG_MAPS, DECLARED, LEASES, Forbidden, NotFound, TransientError
from accredit_operator.publication import content_of, read_head
from accredit_operator.publisher import Fenced
from accredit_operator.world import Kind
from fakes.leading import HOME, Scene, on_loop, replica_lease, until
from fakes.objects import agent, issuer

FROZEN = "publication is frozen: a kind cannot be seen; what is published stays"
AGENTS, ISSUERS = DECLARED[Kind.AGENT_IDENTITY], DECLARED[Kind.TRUSTED_ISSUER]


class Watches:
    def __init__(self, fell):
        self.fell, self.is_on, self.restarts = fell, False, 0

    def start(self):
        self.is_on = True

    def restart(self):
        self.restarts += 1

    def stop(self):
        self.is_on = False


class Court:
    """A leader, and the hands of the users."""

    def __init__(self, scene):
        self.scene, self.cluster = scene, scene.cluster
        self.components = scene.components()
        self.leader = Leader(self.components, self._watch)

    def _watch(self, fell):
        self.watches = Watches(fell)
        return self.watches

    @asynccontextmanager
    async def at_work(self):
        task = asyncio.create_task(self.leader.run())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.leader.close()

    def apply(self, document, *, is_heard=True):
        collection = DECLARED[document["kind"]]
        stored = self.cluster.apply(collection, document)
        if is_heard:
            self.components.inbox.put(collection, stored, is_gone=False)

    def head(self):
        found = {one.name: one for one in self.cluster.list_all(CONFIG_MAPS, namespace=HOME).items}
        return (read_head(found[HEAD_NAME]), found) if HEAD_NAME in found else (None, found)

    def snapshot(self):
        head, found = self.head()
        if head is None or not head.shards.keys() <= found.keys():
            return None
        return assemble(head, {name: content_of(found[name]) for name in head.shards})

    def suspended(self):
        snapshot = self.snapshot()
        return snapshot is not None and [one.ref.name for one in snapshot.agents if one.suspended]


def court(*documents, **scene):
    made = Court(Scene(**scene))
    for document in documents:
        made.apply(document, is_heard=False)
    return made


@on_loop
async def test_what_is_there_is_published_and_what_comes_follows():
    made = court(issuer(), agent())
    assert not made.leader.is_ready
    async with made.at_work():
        await until(lambda: made.leader.is_ready)
        assert made.watches.is_on
        assert len(made.snapshot().agents) == 1
        made.apply(agent(suspended=True))
        await until(lambda: made.suspended() == ["planner"])
    assert not made.watches.is_on
    counted = made.scene.metrics.registry.get_sample_value
    labels = {"kind": "AgentIdentity", "result": "success"}
    assert counted("accredit_reconcile_total", labels) == 2


@on_loop
async def test_nothing_is_published_before_everything_was_listed():
    made = court(issuer(), agent())
    made.cluster.fail("list", AGENTS, error=Forbidden("no role"), times=2)
    lists = []

    def heard(said):
        if said.plural == "agentidentities" and said.verb == "list":
            lists.append(made.cluster._objects.keys())
            assert (CONFIG_MAPS, HOME, HEAD_NAME) not in made.cluster._objects

    made.cluster.before_call = heard
    async with made.at_work():
        await until(lambda: made.leader.is_ready)
        made.cluster.before_call = lambda said: None
        assert len(lists) == 3
        assert len(made.snapshot().agents) == 1


@on_loop
async def test_a_failure_is_overcome_without_another_event():
    made = court(issuer(), agent())
    async with made.at_work():
        await until(lambda: made.leader.is_ready)
        made.cluster.fail("create", CONFIG_MAPS, times=2)
        made.cluster.fail("replace", CONFIG_MAPS, name=HEAD_NAME, landed=True)
        made.apply(agent(suspended=True))
        await until(lambda: made.suspended() == ["planner"])
        await until(lambda: made.components.publisher._is_unsure is False)
    assert made.scene.log.events().count("the snapshot cannot be published yet; the last one stays") == 1


@on_loop
async def test_a_kind_that_cannot_be_seen_freezes_publication_until_it_is_listed():
    made = court(issuer(), agent())
    async with made.at_work():
        await until(lambda: made.leader.is_ready)
        made.cluster.uninstalled.add(ISSUERS)
        await made.components.resync.probe(ISSUERS)
        assert not made.leader.is_ready
        made.apply(agent(suspended=True))
        await until(
            lambda: "publication is frozen: a kind cannot be seen; what is published stays" in made.scene.log.events()
        )
        assert made.suspended() == []
        made.cluster.uninstalled.clear()
        made.leader._periodic._relist.set()
        await until(lambda: made.suspended() == ["planner"])
        assert made.leader.is_ready


@on_loop
async def test_a_deletion_between_two_watches_is_found():
    made = court(issuer(), agent())
    async with made.at_work():
        await until(lambda: made.leader.is_ready)
        made.cluster.remove(AGENTS, "research", "planner")
        made.watches.fell("an API server that starts")
        await until(lambda: made.snapshot() and not made.snapshot().agents)
    assert "the watches ended and begin again" in made.scene.log.events()


@on_loop
async def test_a_replica_that_serves_more_is_overtaken_from_the_beginning():
    made = court(issuer())
    high = 10**15
    made.cluster.apply(LEASES, replica_lease("r", high))
    async with made.at_work():
        await until(lambda: made.leader.is_ready)
        assert made.head()[0].sequence > high


@on_loop
async def test_a_compiler_that_fails_leaves_what_is_published_and_the_loop_goes_on():
    made = court(issuer(), agent())
    async with made.at_work():
        await until(lambda: made.leader.is_ready)
        compiler = made.leader._compiler

        class Broken:
            def compile(self, world, keys):
                raise ZeroDivisionError

        made.leader._compiler = Broken()
        made.apply(agent(suspended=True))
        await until(lambda: "the snapshot cannot be compiled; the last good one stays" in made.scene.log.events())
        made.leader._compiler = compiler
        made.apply(agent("other"))
        await until(lambda: made.suspended() == ["planner"])


@on_loop
async def test_who_is_overtaken_ends():
    made = court(issuer(), agent())
    async with made.at_work() as task:
        await until(lambda: made.leader.is_ready)
        successor = Scene(made.cluster, made.scene.clock, "successor").publisher()
        await successor.take_over()
        made.apply(agent(suspended=True))
        await asyncio.wait([task])
        assert isinstance(leaf(task.exception()), Fenced)
        assert made.suspended() == []


@on_loop
async def test_after_a_restart_the_same_objects_are_the_same_publication():
    made = court(issuer(), agent())
    async with made.at_work():
        await until(lambda: made.leader.is_ready)
    first = made.snapshot()
    again = Court(Scene(made.cluster, made.scene.clock, "successor"))
    async with again.at_work():
        await until(lambda: again.leader.is_ready)
    assert (again.snapshot().sequence, again.snapshot().digest) == (first.sequence, first.digest)


@on_loop
async def test_what_is_published_is_what_a_fresh_compilation_gives():
    made = court(issuer(), agent(), agent("other"))
    async with made.at_work():
        await until(lambda: made.leader.is_ready)
        for number in range(5):
            made.apply(agent(f"a-{number}"))
        await until(lambda: len(made.snapshot().agents) == 7)
        items = [one.document for kind in (AGENTS, ISSUERS) for one in made.cluster.list_all(kind).items]
        compiled = compile_world(
            made.components.following.world.of(map(read_object, items)), made.components.surroundings.premises
        )
        found = made.head()[1]
        assert sorted(content_of(found[name]) for name in made.head()[0].shards) == sorted(compiled.shards.values())


@pytest.mark.parametrize("error", [TransientError("no connection"), NotFound("no namespace")])
def test_a_take_over_is_tried_until_it_succeeds(error):
    @on_loop
    async def played():
        made = court(issuer())
        made.cluster.fail("list", CONFIG_MAPS, error=error, times=2)
        async with made.at_work():
            await until(lambda: made.leader.is_ready)

    played()


def leaf(error):
    return leaf(error.exceptions[0]) if isinstance(error, BaseExceptionGroup) else error
