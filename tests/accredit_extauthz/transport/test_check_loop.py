import pytest

from accredit_extauthz.transport.check_loop import CheckLoop
from accredit_extauthz.transport.health import Health
from accredit_extauthz.transport.port import SERVICE
from fakes.wire import FakeCall, FakeWire

CHECK = "/envoy.service.auth.v3.Authorization/Check"


@pytest.fixture
def wire():
    return FakeWire()


@pytest.fixture
def groups(wire):
    """The requests of each group, as a loop on the wire handed them over."""
    found = []

    def answer(requests):
        found.append(list(requests))
        return [b"answer to " + data for data in requests]

    wire.loop = CheckLoop(wire.cygrpc(), wire, answer, Health(lambda: True, SERVICE), 100)
    return found


def answered(data):
    return [["metadata", b"answer to " + data, "ok"]]


def test_a_lone_request_is_answered_without_asking_for_more(wire, groups):
    call = FakeCall(wire, b"x")
    wire.open(call)
    wire.loop.run()
    assert (groups, call.ended) == ([[b"x"]], answered(b"x"))
    assert 0 not in wire.deadlines


def test_requests_that_are_open_at_a_time_are_answered_together(wire, groups):
    calls = [FakeCall(wire, str(number).encode()) for number in range(5)]
    wire.open(*calls)
    wire.loop.run()
    assert groups == [[b"0", b"1", b"2", b"3", b"4"]]
    assert [call.ended for call in calls] == [answered(call.data) for call in calls]


def test_a_group_has_at_most_64(wire, groups):
    wire.open(*[FakeCall(wire, b"x") for _ in range(99)])
    wire.loop.run()
    assert [len(group) for group in groups] == [64, 35]


def test_a_request_does_not_wait_for_a_message_that_does_not_come(wire, groups):
    silent, call = FakeCall(wire, b"late"), FakeCall(wire, b"x")
    silent.start_server_batch = lambda operations, tag: None
    wire.open(silent, call)
    wire.loop.run()
    assert (groups, call.ended) == ([[b"x"]], answered(b"x"))
    assert wire.deadlines.count(0) == 1


def test_a_request_whose_deadline_has_passed_is_not_handed_over(wire, groups):
    late, call = FakeCall(wire, b"late", deadline=1.0), FakeCall(wire, b"x")
    wire.open(late, call)
    wire.loop.run()
    assert (groups, late.ended) == ([[b"x"]], [["metadata", "deadline_exceeded"]])


def test_no_group_is_made_of_requests_that_are_all_late(wire, groups):
    wire.open(FakeCall(wire, b"late", deadline=1.0))
    wire.loop.run()
    assert groups == []


def test_calls_beyond_the_limit_are_refused(wire, groups):
    calls = [FakeCall(wire, b"x") for _ in range(101)]
    wire.open(*calls)
    wire.loop.run()
    assert calls[100].ended == [["metadata", "resource_exhausted"]]
    assert sum(len(group) for group in groups) == 100


def test_every_call_that_opens_is_replaced_by_a_request_for_another(wire, groups):
    wire.loop.request_calls()
    before = wire.asked
    wire.open(*[FakeCall(wire, b"x", method=method) for method in (CHECK.encode(), b"/none")])
    wire.loop.run()
    assert wire.asked == before + 2


def test_a_call_that_core_lets_go_of_counts_no_more(wire, groups, caplog):
    wire.broken = True
    wire.open(*[FakeCall(wire, b"x") for _ in range(100)])
    wire.loop.run()
    wire.broken, wire.loop._is_over = False, False
    call = FakeCall(wire, b"x")
    wire.events.clear()
    wire.open(call)
    wire._is_shut = False
    wire.loop.run()
    assert call.ended == answered(b"x")
    assert len(caplog.records) == 100


def test_an_event_that_fails_is_logged_and_the_loop_goes_on(wire, groups, caplog):
    call = FakeCall(wire, b"x")
    wire.open(None, call)
    wire.loop.run()
    assert call.ended == answered(b"x")
    assert [record.levelname for record in caplog.records] == ["ERROR"]
