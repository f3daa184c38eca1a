"""Statuses written into a fake cluster."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from accredit_operator.ports import DECLARED, EVENTS, Conflict, Forbidden, NotFound, Rejected
from accredit_operator.status import is_ready
from accredit_operator.status_writer import BURST, RATE, Bucket, Marks
from accredit_operator.world import Kind, ObjectKey
from fakes.clock import FakeClock
from fakes.leading import Scene, on_loop, until
from fakes.objects import agent

AGENTS = DECLARED[Kind.AGENT_IDENTITY]


def key(name):
    return ObjectKey(Kind.AGENT_IDENTITY, "research", name)


class TestMarks:
    def test_the_newest_goes_first(self):
        marks = Marks()
        for name in "abc":
            marks.add(key(name), 0)
        marks.add(key("a"), 0)
        assert [marks.take(0).name for _ in range(3)] == ["a", "c", "b"]
        assert marks.take(0) is None

    def test_one_that_is_not_due_waits_and_holds_up_nobody(self):
        marks = Marks()
        marks.add(key("a"), 10)
        marks.add(key("b"), 20)
        assert marks.take(10) == key("a")
        assert marks.ahead_s(10) == pytest.approx(10e-9)

    def test_a_mark_that_is_due_earlier_stays_so(self):
        marks = Marks()
        marks.add(key("a"), 10)
        marks.add(key("a"), 99)
        assert marks.take(10) == key("a")
        assert len(marks) == 0


class TestBucket:
    def test_a_burst_and_then_a_rate(self):
        clock = FakeClock()
        bucket = Bucket(clock)
        assert sum(bucket.take() == 0 for _ in range(100)) == BURST
        clock.advance(1)
        assert sum(bucket.take() == 0 for _ in range(100)) == RATE

    def test_it_tells_for_how_long_there_is_none(self):
        clock = FakeClock()
        bucket = Bucket(clock)
        while not (wait_s := bucket.take()):
            pass
        clock.advance(wait_s + 0.001)
        assert bucket.take() == 0


class Desk:
    """A status_writer at work over objects that were published, with one replica that serves them."""

    def __init__(self):
        self.scene = Scene()
        self.components = self.scene.components()
        self.cluster = self.scene.cluster

    async def declare(self, *documents):
        for document in documents:
            self.cluster.apply(AGENTS, document)
        await self.components.resync.list_all()
        self.compile()

    def compile(self):
        from accredit_operator.compile.compile import compile_world  # noqa: PLC0415

        world = self.components.following.world
        self.components.ledger.on_compiled(compile_world(world), world.objects, 0)
        for one in self.components.ledger.on_published(5):
            self.components.status_writer.mark(one)

    @asynccontextmanager
    async def at_work(self):
        task = asyncio.create_task(self.components.status_writer.work())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def status(self, name="planner"):
        return self.cluster.read(AGENTS, "research", name).document.get("status", {})

    def patches(self):
        return [said.name for said in self.cluster.said if said.verb == "patch_status"]

    def events(self):
        return [one.document["reason"] for one in self.cluster.list_all(EVENTS).items]


@on_loop
async def test_a_status_and_its_events_are_written_once():
    status_writer = Desk()
    await status_writer.declare(agent())
    async with status_writer.at_work():
        await until(lambda: len(status_writer.events()) == 3)
        status_writer.components.status_writer.mark(key("planner"))
        await asyncio.sleep(0.02)
    assert status_writer.patches() == ["planner"]
    assert status_writer.events() == ["RefNotFound", "NoReplicas", "RefNotFound"]
    assert status_writer.status()["observedGeneration"] == 1


@on_loop
async def test_a_version_that_is_not_the_newest_is_looked_at_again():
    status_writer = Desk()
    await status_writer.declare(agent())
    status_writer.cluster.fail("patch_status", error=Conflict("newer"))
    async with status_writer.at_work():
        await until(status_writer.patches)
        status_writer.scene.clock.advance(1)
        await until(status_writer.status)
    assert status_writer.patches() == ["planner", "planner"]


@on_loop
async def test_an_object_that_is_gone_is_let_go():
    status_writer = Desk()
    await status_writer.declare(agent())
    status_writer.cluster.fail("patch_status", error=NotFound("gone"))
    async with status_writer.at_work():
        await until(status_writer.patches)
        await asyncio.sleep(0.02)
    assert len(status_writer.patches()) == 1


@pytest.mark.parametrize("error", [Forbidden("no role"), Rejected("too large"), None], ids=["403", "422", "no answer"])
def test_a_failure_is_said_once_and_tried_again_later(error):
    @on_loop
    async def played():
        status_writer = Desk()
        await status_writer.declare(agent("a"), agent("b", identities=[{"issuerRef": {"name": "x"}, "subject": "b"}]))
        status_writer.cluster.fail("patch_status", error=error, times=2)
        async with status_writer.at_work():

            def both():
                status_writer.scene.clock.advance(1)
                return status_writer.status("a") and status_writer.status("b")

            await until(both)
        assert status_writer.scene.log.events().count("a status cannot be written; publication goes on") == 1

    played()


@on_loop
async def test_an_event_that_fails_changes_nothing():
    status_writer = Desk()
    await status_writer.declare(agent())
    status_writer.cluster.fail("create", EVENTS, error=Forbidden("no"), times=3)
    async with status_writer.at_work():
        await until(lambda: status_writer.scene.log.events().count("an Event could not be written") == 3)
    assert status_writer.status()


@on_loop
async def test_who_does_not_lead_writes_nothing():
    status_writer = Desk()
    await status_writer.declare(agent())
    status_writer.scene.leadership.is_held = False
    async with status_writer.at_work():
        await asyncio.sleep(0.02)
    assert status_writer.patches() == []


@on_loop
async def test_a_mistake_with_one_object_stops_no_other():
    status_writer = Desk()
    await status_writer.declare(agent("a"), agent("b"))
    report = status_writer.components.ledger.occasion

    def broken(one, now):
        if one.name == "a":
            raise ZeroDivisionError
        return report(one, now)

    status_writer.components.ledger.occasion = broken
    async with status_writer.at_work():
        await until(lambda: status_writer.status("b"))
    assert "a status cannot be worked out" in status_writer.scene.log.events()
    assert not is_ready(status_writer.status("b"))
