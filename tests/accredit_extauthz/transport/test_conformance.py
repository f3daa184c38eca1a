import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from accredit_extauthz.transport.limits import Limits
from accredit_extauthz.transport.port import ListenFailed

CHECK = "/envoy.service.auth.v3.Authorization/Check"
SETTINGS, PING, GOAWAY = 4, 6, 7  # frame types of HTTP/2


def failing(_data):
    raise ValueError("broken")


class Together:
    """A handler for groups, asked either way."""

    def __init__(self, together):
        self.together = together

    def __call__(self, data):
        return self.together([data])[0]


def test_bytes_pass_through_unchanged(served, check):
    _, address = served(lambda data: data[::-1])
    assert check(address, bytes(range(256))) == bytes(range(256))[::-1]


def test_an_empty_request_is_answered(served, check):
    _, address = served()
    assert check(address, b"") == b"answer to "


@pytest.mark.parametrize(
    "handler",
    [
        pytest.param(failing, id="it raises"),
        pytest.param(lambda data: b"", id="it returns nothing, which would mean allow"),
        pytest.param(lambda data: None, id="it returns None"),
        pytest.param(lambda data: "allowed", id="it returns what is not bytes"),
        pytest.param(Together(lambda requests: failing(b"")), id="it raises for a group"),
        pytest.param(Together(lambda requests: []), id="it leaves a group unanswered"),
        pytest.param(Together(lambda requests: [b""] * len(requests)), id="it returns nothing for one of a group"),
    ],
)
def test_a_handler_that_fails_becomes_the_fallback(served, check, handler, caplog):
    _, address = served(handler)
    assert check(address) == b"fallback"
    assert caplog.records


def test_a_server_without_a_fallback_is_refused(transport):
    with pytest.raises(ValueError, match="fallback"):
        transport(failing, b"", lambda: True, "127.0.0.1:0")


@pytest.mark.parametrize(
    "method",
    [
        pytest.param("/envoy.service.auth.v3.Authorization/Uncheck", id="another method"),
        pytest.param("/envoy.service.auth.v2.Authorization/Check", id="another version"),
    ],
)
def test_unknown_methods_are_unimplemented(served, method):
    _, address = served()
    with pytest.raises(grpc.RpcError) as failed:
        served.channel(address).unary_unary(method)(b"", timeout=5)
    assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_request_over_the_limit_is_refused(served, check):
    _, address = served(limits=Limits(max_request_bytes=1000))
    assert check(address, bytes(900)) == b"answer to " + bytes(900)
    with pytest.raises(grpc.RpcError) as failed:
        check(address, bytes(1100))
    assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_calls_beyond_the_limit_are_refused_and_not_queued(served, hold):
    _, address = served(limits=Limits(max_in_flight=1))
    channel = served.channel(address)
    first, leave = hold(channel, b"first")
    assert _first_refusal(channel) is grpc.StatusCode.RESOURCE_EXHAUSTED
    leave()
    assert first.result(5) == b"answer to first"
    assert _until_answered(channel) == b"answer to x"


def _first_refusal(channel):
    for _ in range(100):
        try:
            channel.unary_unary(CHECK)(b"", timeout=5)
        except grpc.RpcError as refused:
            return refused.code()
    return None


def test_a_call_that_ends_without_a_message_is_unimplemented(served):
    _, address = served()
    with pytest.raises(grpc.RpcError) as failed:
        served.channel(address).stream_unary(CHECK)(iter([]), timeout=5)
    assert failed.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_each_of_many_calls_at_a_time_gets_its_own_answer(served):
    _, address = served()
    asked = [number.to_bytes(2) * 50 for number in range(600)]
    channels = [served.channel(address) for _ in range(3)]
    calls = [channels[number % 3].unary_unary(CHECK).future(data, timeout=20) for number, data in enumerate(asked)]
    assert [call.result() for call in calls] == [b"answer to " + data for data in asked]


def test_the_answers_of_a_group_go_to_those_who_asked(served):
    _, address = served(Together(lambda requests: [data[::-1] for data in requests]))
    channel = served.channel(address)
    asked = [number.to_bytes(2) for number in range(300)]
    calls = [channel.unary_unary(CHECK).future(data, timeout=20) for data in asked]
    assert [call.result() for call in calls] == [data[::-1] for data in asked]


def test_callers_that_leave_make_room(served, hold):
    _, address = served(limits=Limits(max_in_flight=5))
    channel = served.channel(address)
    for call, _ in [hold(channel, b"") for _ in range(5)]:
        call.cancel()
    assert _until_answered(channel) == b"answer to x"


def _until_answered(channel):
    for _ in range(50):
        try:
            return channel.unary_unary(CHECK)(b"x", timeout=5)
        except grpc.RpcError:
            threading.Event().wait(0.1)
    return None


def test_a_call_whose_deadline_passed_while_it_waited_is_not_handled(served, check):
    entered, leave, seen = threading.Event(), threading.Event(), []

    def slow(data):
        seen.append(data)
        entered.set()
        leave.wait(10)
        return data

    _, address = served(slow, limits=Limits(workers=1))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(check, address, b"first", timeout=10)
        assert entered.wait(5)
        with pytest.raises(grpc.RpcError) as failed:
            check(address, b"late", timeout=0.1)
        threading.Event().wait(0.1)  # the server's deadline is as much later as the call travelled
        leave.set()
        first.result(5)
    assert failed.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    check(address, b"next")
    assert seen == [b"first", b"next"]


def test_a_second_server_on_the_port_fails(served):
    _, address = served()
    with pytest.raises(ListenFailed, match=address):
        served(listen=address)


def test_a_call_under_way_ends_well_in_a_drain(served, check):
    entered, leave = threading.Event(), threading.Event()

    def slow(data):
        entered.set()
        leave.wait(10)
        return b"done"

    server, address = served(slow)
    with ThreadPoolExecutor(2) as pool:
        call = pool.submit(check, address, timeout=10)
        assert entered.wait(5)
        stopping = pool.submit(server.stop, 0, 10)
        with pytest.raises(grpc.RpcError):
            _ask_until_refused(check, address)
        leave.set()
        assert call.result(5) == b"done"
        stopping.result(5)


def _ask_until_refused(check, address):
    for _ in range(100):
        check(address, timeout=0.2)


def test_calls_that_outlast_the_grace_are_cancelled(served, hold):
    server, address = served()
    held = [hold(served.channel(address), b"late")[0] for _ in range(3)]
    _until_answered(served.channel(address))
    server.stop(0, 0.1)
    assert {call.exception(5).code() for call in held} <= {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}


def test_a_server_that_is_stopped_twice_is_stopped(served, check):
    server, address = served()
    server.stop(0, 0)
    server.stop(0, 0)
    with pytest.raises(grpc.RpcError):
        check(address)


def test_calls_are_taken_while_health_says_goodbye(served, check):
    server, address = served()
    with ThreadPoolExecutor(1) as pool:
        stopping = pool.submit(server.stop, 1, 1)
        statuses = served.channel(address).unary_stream("/grpc.health.v1.Health/Watch")(b"", timeout=10)
        while next(statuses) != b"\x08\x02":
            pass
        assert check(address) == b"answer to x"
        stopping.result(10)
        with pytest.raises(grpc.RpcError):
            check(address)


def test_the_pings_of_an_idle_envoy_are_permitted(served):
    _, address = served()
    host, port = address.split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS))
        # One at a time: only pings that follow each other's answers are counted.
        for number in range(10):
            connection.sendall(frame(PING, payload=number.to_bytes(8)))
            assert answer_to_ping(connection) == number.to_bytes(8)


def frame(kind, payload=b""):
    return len(payload).to_bytes(3) + bytes([kind, 0]) + bytes(4) + payload


def answer_to_ping(connection):
    """The payload of the next PING with its ACK flag; None when the server says GOAWAY (RFC 9113 §6.8)."""
    while True:
        head = connection.recv(9, socket.MSG_WAITALL)
        payload = connection.recv(int.from_bytes(head[:3]), socket.MSG_WAITALL) if int.from_bytes(head[:3]) else b""
        if head[3] == GOAWAY:
            return None
        if head[3] == PING and head[4] & 1:
            return payload
