"""Starts a completion queue and stops it with calls and a watch under way, as often as told; 0: leaves one running."""

import sys
from itertools import islice

import grpc

from accredit_extauthz.transport.completion_queue import CompletionQueueServer

CHECK = "/envoy.service.auth.v3.Authorization/Check"
WATCH = "/grpc.health.v1.Health/Watch"


def once(number):
    server = CompletionQueueServer(lambda data: data, b"fallback", lambda: True, "127.0.0.1:0")
    with grpc.insecure_channel(server.start()) as channel:
        watch = channel.unary_stream(WATCH)(b"")
        if number % 3 == 0:
            next(watch)
        calls = [channel.unary_unary(CHECK).future(b"x") for _ in range(20)]
        silent = channel.stream_unary(CHECK).future(until_stopped(calls))
        if number % 2:
            assert [call.result() for call in calls] == [b"x"] * 20
        server.stop(0, 0 if number % 5 else 0.02)
        silent.cancel()


def until_stopped(calls):
    for call in islice(calls, 1):
        call.exception()
    yield b"late"


def main():
    cycles = int(sys.argv[1])
    for number in range(cycles):
        once(number)
    sys.stdout.write(f"{cycles} stopped\n")
    if not cycles:
        server = CompletionQueueServer(lambda data: data, b"fallback", lambda: True, "127.0.0.1:0")
        channel = grpc.insecure_channel(server.start())
        assert channel.unary_unary(CHECK)(b"x", timeout=5) == b"x"


main()
