import threading

from accredit_operator.inbox import Inbox
from accredit_operator.ports import DECLARED, Stored
from accredit_operator.system import SystemClock
from accredit_operator.world import Kind
from fakes.leading import on_loop

AGENTS, POLICIES = DECLARED[Kind.AGENT_IDENTITY], DECLARED[Kind.TOOL_POLICY]


def stored(name):
    return Stored("research", name, "uid", "1", {})


@on_loop
async def test_a_burst_is_one_batch_in_the_order_of_its_events():
    inbox = Inbox(SystemClock())
    for name in "abc":
        inbox.put(AGENTS, stored(name), is_gone=name == "b")
    batch = await inbox.batch()
    assert [(one.stored.name, one.is_gone) for one in batch.arrivals] == [("a", False), ("b", True), ("c", False)]
    assert batch.since_ns == batch.arrivals[0].at_ns
    assert not batch.is_asked


@on_loop
async def test_events_of_another_thread_arrive():
    inbox = Inbox(SystemClock())
    thread = threading.Thread(target=lambda: inbox.put(AGENTS, stored("a"), is_gone=False))
    thread.start()
    assert [one.stored.name for one in (await inbox.batch()).arrivals] == ["a"]
    thread.join()


@on_loop
async def test_a_compilation_can_be_asked_for_without_an_event():
    inbox = Inbox(SystemClock())
    inbox.ask()
    batch = await inbox.batch()
    assert (batch.arrivals, batch.is_asked, batch.since_ns) == ((), True, None)


@on_loop
async def test_a_stream_without_a_pause_is_cut_into_batches():
    inbox = Inbox(SystemClock())
    stop = threading.Event()

    def pour():
        while not stop.wait(0.001):
            inbox.put(AGENTS, stored("a"), is_gone=False)

    thread = threading.Thread(target=pour)
    thread.start()
    try:
        first = await inbox.batch()
        second = await inbox.batch()
    finally:
        stop.set()
        thread.join()
    assert len(first.arrivals) > 1
    assert len(second.arrivals) > 1


@on_loop
async def test_it_knows_when_it_heard_of_a_kind():
    inbox = Inbox(SystemClock())
    inbox.put(AGENTS, stored("a"), is_gone=False)
    assert inbox.heard_ns(AGENTS) is not None
    assert inbox.heard_ns(POLICIES) is None
