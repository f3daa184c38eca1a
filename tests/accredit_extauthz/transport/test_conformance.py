import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from accredit_extauthz.transport.grpcio import GrpcServer, Limits
from accredit_extauthz.transport.port import ListenFailed

SETTINGS, PING, GOAWAY = 4, 6, 7  # frame types of HTTP/2


def failing(_data):
    raise ValueError("broken")


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
    ],
)
def test_a_handler_that_fails_becomes_the_fallback(served, check, handler, caplog):
    _, address = served(handler)
    assert check(address) == b"fallback"
    assert caplog.records


def test_a_server_without_a_fallback_is_refused():
    with pytest.raises(ValueError, match="fallback"):
        GrpcServer(failing, b"", lambda: True, "127.0.0.1:0")


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


def test_calls_beyond_the_limit_are_refused_and_not_queued(served, check):
    entered, leave = threading.Event(), threading.Event()

    def slow(data):
        entered.set()
        leave.wait(10)
        return data

    _, address = served(slow, limits=Limits(max_in_flight=1))
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(check, address, b"first", timeout=10)
        assert entered.wait(5)
        with pytest.raises(grpc.RpcError) as failed:
            check(address)
        leave.set()
        assert first.result(5) == b"first"
    assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


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
