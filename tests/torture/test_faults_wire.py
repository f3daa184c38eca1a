"""The wire on both sides of Envoy is harmed: only answers that came in time let anything pass."""

import concurrent.futures
import contextlib
import socket
import time

import grpc
import pytest

from accredit_cli.envoy.plan import Address, Limits
from real.envoy.load import is_allowed
from real.kube.fault_proxy import FaultProxy

CHECK = "/envoy.service.auth.v3.Authorization/Check"
STATUSES = {200, 401, 403, 503}
SLOW_CLIENTS = 400


def is_envoys_own(answered):
    return (answered.status, answered.reason) == (503, None)


HARMS = {
    "no byte comes through": FaultProxy.stalled,
    "no connection comes about": FaultProxy.cut,
    "every byte comes too late": lambda proxy: proxy.slowed(2.0),
}


@pytest.mark.parametrize("harm", HARMS.values(), ids=HARMS)
def test_without_a_way_to_the_authorizer_nothing_passes_until_there_is_one(site, harm):
    site.publish()
    authorizer = site.authorize()
    with FaultProxy(authorizer.address.port) as proxy:
        site.front(patience_s=0.4, reached=[Address("127.0.0.1", proxy.port)])
        with site.load() as load:
            load.see(20, is_allowed)
            with harm(proxy):
                load.see(10, is_envoys_own)
                during = load.see(30, is_envoys_own)
            load.see(20, is_allowed)
    assert not [each for each in during if each.is_allowed]
    assert site.broken_promises(load) == []
    assert {each.status for each in load.answers} <= STATUSES


def called(channel, method, data):
    try:
        channel.unary_unary(method)(data, timeout=20)
    except grpc.RpcError as refused:
        return refused.code()
    return grpc.StatusCode.OK


def test_garbage_at_the_authorizers_own_port_costs_nobody_else_more_than_time(site):
    site.publish()
    authorizer = site.authorize()
    site.front()
    code, megabytes = grpc.StatusCode, bytes(10_000_000)
    with site.load() as load, grpc.insecure_channel(str(authorizer.address)) as channel:
        load.see(20, is_allowed)
        before = authorizer.peak_kib()
        assert called(channel, CHECK, b"\xff" * 1_000) is code.OK  # a denial
        assert called(channel, CHECK, megabytes) is code.RESOURCE_EXHAUSTED
        assert called(channel, "/other.Service/Check", b"") is code.UNIMPLEMENTED
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            found = set(pool.map(lambda turn: called(channel, CHECK, b"\x0a" * turn), range(5_000)))
        assert found <= {code.OK, code.RESOURCE_EXHAUSTED}
        load.see(20, is_allowed)
    assert site.broken_promises(load) == []
    assert {each.status for each in load.answers} <= STATUSES
    assert authorizer.peak_kib() - before < 64 * 1024


def test_clients_that_dribble_are_cut_off_and_hold_nobody_up(site):
    site.publish()
    site.authorize()
    limits = Limits(check_timeout_s=2.0, request_timeout_s=3.0)
    site.front(limits=limits)
    with site.load() as load, contextlib.ExitStack() as held:
        clients = [held.enter_context(socket.create_connection(("127.0.0.1", site.port))) for _ in range(SLOW_CLIENTS)]
        for number, client in enumerate(clients):
            client.send((HEADERS if number % 2 else BODY).encode())
        load.see(20, is_allowed)
        assert left_open(clients, within_s=60) == []
        load.see(20, is_allowed)
    assert site.broken_promises(load) == []
    assert {each.status for each in load.answers} <= STATUSES
    assert len(site.witness.arrivals) == len([each for each in load.answers if each.is_allowed]) + 1


HEADERS = "GET /v1/contacts/ada HTTP/1.1\r\nhost: api.example\r\nx-slow: "
BODY = "POST /v1/contacts HTTP/1.1\r\nhost: api.example\r\ncontent-length: 60000\r\n\r\n"


def left_open(clients, within_s):
    """Dribble a byte into each every 100 ms; return those that are open after all."""
    opened, deadline = set(clients), time.monotonic() + within_s
    while opened and time.monotonic() < deadline:
        for client in tuple(opened):
            try:
                client.send(b"x")
            except OSError:
                opened.discard(client)
        time.sleep(0.1)
    return list(opened)
