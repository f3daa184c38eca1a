"""Statuses written into a fake cluster."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from accredit_operator.ports import DECLARED, EVENTS, Conflict, Forbidden, NotFound, Rejected
from accredit_operator.status import is_ready
from accredit_operator.status_desk import BURST, RATE, Bucket, Marks
from accredit_operator.world import Kind, ObjectKey
from fakes.clock import FakeClock
from fakes.objects import agent
from fakes.reigning import Scene, on_loop, until

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
    """A desk at work over objects that were published, with one replica that serves them."""

    def __init__(self):
        self.scene = Scene()
        self.offices = self.scene.offices()
        self.cluster = self.scene.cluster

    async def declare(self, *documents):
        for document in documents:
            self.cluster.apply(AGENTS, document)
        await self.offices.resync.list_all()
        self.compile()

    def compile(self):
        from accredit_operator.compile.compile import compile_world  # noqa: PLC0415

        world = self.offices.following.world
        self.offices.ledger.on_compiled(compile_world(world), world.objects, 0)
        for one in self.offices.ledger.on_published(5):
            self.offices.desk.mark(one)

    @asynccontextmanager
    async def at_work(self):
        task = asyncio.create_task(self.offices.desk.work())
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
    desk = Desk()
    await desk.declare(agent())
    async with desk.at_work():
        await until(lambda: len(desk.events()) == 3)
        desk.offices.desk.mark(key("planner"))
        await asyncio.sleep(0.02)
    assert desk.patches() == ["planner"]
    assert desk.events() == ["RefNotFound", "NoReplicas", "RefNotFound"]
    assert desk.status()["observedGeneration"] == 1


@on_loop
async def test_a_version_that_is_not_the_newest_is_looked_at_again():
    desk = Desk()
    await desk.declare(agent())
    desk.cluster.fail("patch_status", error=Conflict("newer"))
    async with desk.at_work():
        await until(desk.patches)
        desk.scene.clock.advance(1)
        await until(desk.status)
    assert desk.patches() == ["planner", "planner"]


@on_loop
async def test_an_object_that_is_gone_is_let_go():
    desk = Desk()
    await desk.declare(agent())
    desk.cluster.fail("patch_status", error=NotFound("gone"))
    async with desk.at_work():
        await until(desk.patches)
        await asyncio.sleep(0.02)
    assert len(desk.patches()) == 1


@pytest.mark.parametrize("error", [Forbidden("no role"), Rejected("too large"), None], ids=["403", "422", "no answer"])
def test_a_failure_is_said_once_and_tried_again_later(error):
    @on_loop
    async def played():
        desk = Desk()
        await desk.declare(agent("a"), agent("b", identities=[{"issuerRef": {"name": "x"}, "subject": "b"}]))
        desk.cluster.fail("patch_status", error=error, times=2)
        async with desk.at_work():

            def both():
                desk.scene.clock.advance(1)
                return desk.status("a") and desk.status("b")

            await until(both)
        assert desk.scene.log.events().count("a status cannot be written; publication goes on") == 1

    played()


@on_loop
async def test_an_event_that_fails_changes_nothing():
    desk = Desk()
    await desk.declare(agent())
    desk.cluster.fail("create", EVENTS, error=Forbidden("no"), times=3)
    async with desk.at_work():
        await until(lambda: desk.scene.log.events().count("an Event could not be written") == 3)
    assert desk.status()


@on_loop
async def test_who_does_not_lead_writes_nothing():
    desk = Desk()
    await desk.declare(agent())
    desk.scene.throne.is_held = False
    async with desk.at_work():
        await asyncio.sleep(0.02)
    assert desk.patches() == []


@on_loop
async def test_a_mistake_with_one_object_stops_no_other():
    desk = Desk()
    await desk.declare(agent("a"), agent("b"))
    report = desk.offices.ledger.occasion

    def broken(one, now):
        if one.name == "a":
            raise ZeroDivisionError
        return report(one, now)

    desk.offices.ledger.occasion = broken
    async with desk.at_work():
        await until(lambda: desk.status("b"))
    assert "a status cannot be worked out" in desk.scene.log.events()
    assert not is_ready(desk.status("b"))
