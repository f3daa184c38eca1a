"""Attacks on our own port, on both transports: whatever one client does, others are answered, and nobody is allowed."""

import random
import socket
import time
from contextlib import ExitStack

import grpc
import pytest

from accredit_extauthz.codec.envoy_subset_pb2 import CheckResponse
from accredit_extauthz.transport.grpcio import GrpcServer
from accredit_extauthz.transport.limits import Limits
from adversary.mutations import on_the_wire
from adversary.raw_http2 import CHECK, RawHttp2
from adversary.tokens import FORGE, bearing
from adversary.wired import Wired
from fakes.envoy import check_request
from fakes.scene import view

MIB = 1 << 20


@pytest.fixture
def _gives_no_worker_to_silence(transport):
    if transport is GrpcServer:
        pytest.xfail("grpc.server gives a call one of its few workers before the message has come")


def test_bytes_that_are_no_check_request_are_denied(served):
    wired = Wired(view())
    _, address = served(lambda data: wired.ask(data).answer.SerializeToString())
    check = served.channel(address).unary_unary(CHECK)
    rng, good = random.Random(5), check_request(**bearing(FORGE.token(scope="other")))
    garbage = [rng.randbytes(rng.choice([1, 2, 9, 300])) for _ in range(100)]
    garbage += [on_the_wire(good, rng) for _ in range(100)]
    garbage += [b"", b"\xff" * 10, b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x7f", b"\x0b" * 500, b"\x0a" * 5000]
    answers = [CheckResponse.FromString(check(data, timeout=10)) for data in garbage]
    assert {answer.status.code for answer in answers} <= {7, 16}
    assert {answer.dynamic_metadata["reason"] for answer in answers} >= {"request_malformed"}
    assert "internal_error" not in {answer.dynamic_metadata["reason"] for answer in answers}


def test_a_message_of_ten_mebibytes_is_refused_and_the_next_is_answered(served, check):
    _, address = served()
    with pytest.raises(grpc.RpcError) as failed:
        check(address, bytes(10 * MIB), timeout=20)
    assert failed.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert check(address) == b"answer to x"


def test_a_message_that_only_says_that_it_is_huge_is_refused_before_it_comes(served, check):
    seen = []
    _, address = served(lambda data: seen.append(data) or b"answer")
    for claimed in (10 * MIB, 2**31 - 1, 2**32 - 1):
        with RawHttp2(address) as attacker:
            stream = attacker.open()
            attacker.message(stream, b"x" * 100, claimed=claimed, end=False)
            attacker.ends(stream)  # it would wait for ever if the server waited for the rest
    assert seen == []
    assert check(address) == b"answer"


NOT_OURS = {
    "no service": ("/", "POST"),
    "no path": ("", "POST"),
    "a path without its slash": (CHECK[1:], "POST"),
    "no method": ("/envoy.service.auth.v3.Authorization", "POST"),
    "an empty method": ("/envoy.service.auth.v3.Authorization/", "POST"),
    "a slash too many": (f"/{CHECK}", "POST"),
    "a slash after it": (f"{CHECK}/", "POST"),
    "another case": (CHECK.lower(), "POST"),
    "a query": (f"{CHECK}?x", "POST"),
    "a path that climbs": (f"/x/..{CHECK}", "POST"),
    "reflection": ("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "POST"),
    "GET": (CHECK, "GET"),
    "CONNECT": (CHECK, "CONNECT"),
}


def test_a_call_that_is_not_ours_is_not_handled(served, check):
    seen = []
    _, address = served(lambda data: seen.append(data) or b"answer")
    for path, method in NOT_OURS.values():
        with RawHttp2(address) as attacker:
            stream = attacker.open(path, method=method)
            attacker.message(stream, b"")
            attacker.ends(stream)
    assert seen == []
    assert check(address) == b"answer"


def test_streams_that_are_opened_and_reset_without_end_leave_room(served, check):
    """CVE-2023-44487."""
    _, address = served()
    with RawHttp2(address) as attacker:
        for _ in range(2_000):
            attacker.reset(attacker.open())
        assert until_taken(lambda: check(address, timeout=20)) == b"answer to x"


def until_taken(ask):
    """Ask until there is room: what the server has not yet seen reset counts as under way."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return ask()
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED or time.monotonic() > deadline:
                raise


@pytest.mark.usefixtures("_gives_no_worker_to_silence")
def test_streams_beyond_the_limit_of_one_connection_leave_room_for_another(served, check):
    _, address = served(limits=Limits(max_in_flight=1_000, max_streams=100))
    with RawHttp2(address) as attacker:
        for _ in range(2_000):
            attacker.open()
        assert check(address, timeout=20) == b"answer to x"


def test_connections_that_say_nothing_or_nonsense_leave_room(served, check):
    _, address = served()
    host, port = address.rsplit(":", 1)
    with ExitStack() as held:
        for number in range(100):
            opened = held.enter_context(socket.create_connection((host, int(port)), timeout=5))
            if number % 2:
                opened.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" if number % 4 == 1 else b"\x16\x03\x01\x02\x00\x01")
        assert check(address, timeout=20) == b"answer to x"


def test_clients_that_do_not_read_keep_nobody_waiting(served, check):
    _, address = served(lambda data: bytes(1000) if data == b"slow" else b"answer to " + data)
    with RawHttp2(address, window=0) as attacker:
        for _ in range(90):
            attacker.message(attacker.open(), b"slow")
        assert check(address, timeout=20) == b"answer to x"


@pytest.mark.usefixtures("_gives_no_worker_to_silence")
def test_clients_that_send_half_a_message_keep_nobody_waiting(served, check):
    _, address = served()
    with RawHttp2(address) as attacker:
        for _ in range(90):
            attacker.message(attacker.open(), b"x", claimed=1000, end=False)
        assert check(address, timeout=20) == b"answer to x"
