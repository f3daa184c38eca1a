"""Waiting for the Lease, keeping it and losing it, as a program does."""

import asyncio
import threading

import pytest

from accredit_operator.app import SystemClock
from accredit_operator.lease import Candidate, Leadership, LeaseLost, Terms, own_identity
from accredit_operator.lease.record import LeaseRecord, lease_document, read_record
from accredit_operator.ports import LEASES
from fakes.clock import FakeClock
from fakes.cluster import FakeCluster

HOME, NAME = "accredit-system", "accredit-operator"


class MutedLog:
    def say(self, level, event, **fields):
        pass


class Scene:
    """A Leadership whose sleep moves the clock, and calls `meanwhile` when it wakes."""

    def __init__(self, meanwhile=lambda slept_s: None):
        self.clock, self.cluster = FakeClock(), FakeCluster()
        self.slept, self.meanwhile = 0, meanwhile
        self.candidate = Candidate(self.cluster, self.clock, MutedLog(), HOME, NAME, "a")
        self.leadership = Leadership(self.candidate, self.sleep)

    async def sleep(self, seconds):
        await asyncio.sleep(0)
        self.clock.advance(seconds)
        self.slept += 1
        self.meanwhile(self)

    def holder(self):
        return read_record(self.cluster.read(LEASES, HOME, NAME).document).holder

    def seize(self, holder):
        self.cluster.apply(LEASES, lease_document(HOME, NAME, LeaseRecord(holder, 15, 1, "x", "x")))


def test_acquiring_waits_for_the_holder_to_go():
    def meanwhile(scene):
        if scene.slept == 3:
            scene.seize("")

    scene = Scene(meanwhile)
    scene.seize("other")
    asyncio.run(scene.leadership.acquire())
    assert scene.leadership.is_leading
    assert (scene.slept, scene.holder()) == (3, "a")


def test_keeping_renews_until_another_leads():
    def meanwhile(scene):
        if scene.slept == 50:
            scene.seize("usurper")

    async def lead(scene):
        await scene.leadership.acquire()
        await scene.leadership.keep()

    scene = Scene(meanwhile)
    with pytest.raises(LeaseLost):
        asyncio.run(lead(scene))
    assert not scene.leadership.is_leading
    assert (scene.slept, scene.holder()) == (50, "usurper")


def test_keeping_ends_at_the_deadline_when_nothing_can_be_renewed():
    async def lead(scene):
        await scene.leadership.acquire()
        began = scene.clock.ticks_ns()
        scene.cluster.fail(times=99)
        with pytest.raises(LeaseLost):
            await scene.leadership.keep()
        return (scene.clock.ticks_ns() - began) / 1e9

    assert asyncio.run(lead(Scene())) == pytest.approx(10)


def test_keeping_ends_at_the_deadline_when_the_api_server_stands_still():
    terms, answered = Terms(1, 0.3, 0.05), threading.Event()

    async def lead(leadership, cluster):
        await leadership.acquire()
        cluster.before_call = lambda said: answered.wait(5)
        try:
            with pytest.raises(LeaseLost):
                await asyncio.wait_for(leadership.keep(), 1)
            assert not leadership.is_leading
        finally:
            answered.set()
        await leadership.release()

    cluster = FakeCluster()
    candidate = Candidate(cluster, SystemClock(), MutedLog(), HOME, NAME, "a", terms)
    asyncio.run(lead(Leadership(candidate), cluster))


def test_releasing_lets_the_next_one_lead_at_once():
    async def lead(scene):
        await scene.leadership.acquire()
        keeping = asyncio.create_task(scene.leadership.keep())
        await asyncio.sleep(0)
        keeping.cancel()
        await scene.leadership.release()

    scene = Scene()
    asyncio.run(lead(scene))
    assert not scene.leadership.is_leading
    assert scene.holder() == ""


def test_what_was_released_cannot_be_acquired_again():
    async def lead(scene):
        await scene.leadership.acquire()
        scene.candidate.withdraw()
        await scene.leadership.acquire()

    with pytest.raises(LeaseLost):
        asyncio.run(lead(Scene()))


def test_work_that_fills_every_other_thread_delays_no_renewal():
    async def lead(scene, free):
        blocked = [asyncio.create_task(asyncio.to_thread(free.wait, 10)) for _ in range(64)]
        await asyncio.sleep(0)
        await asyncio.wait_for(scene.leadership.acquire(), 5)
        free.set()
        await asyncio.gather(*blocked)

    scene = Scene()
    asyncio.run(lead(scene, threading.Event()))
    assert scene.leadership.is_leading


def test_an_identity_is_never_given_twice():
    assert own_identity() != own_identity()
