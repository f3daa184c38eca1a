"""What a call costs over the wire: CPU of the server process, and throughput, for each transport and handler.

One handler does nothing, which leaves the transport; the other is the whole check of benchmarks/check.py, audit file
and metrics included. The server has one core, the client another. Rounds of the servers alternate. ROUNDS and CALLS
change how much is done, SHAPES the connections x streams, as "1x1 2x16"; CASES of them can be named as arguments.
"""

import base64
import itertools
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial

from harness.figures import Report, Sample, in_turns, number
from harness.h2 import DATA, Judge, Load, grpc_request
from harness.pinned import CLIENT, SERVER, on_core

TRANSPORTS = ("completion-queue", "grpcio")
SHAPES = tuple(  # connections x streams
    (int(connections), int(streams))
    for connections, _, streams in (each.partition("x") for each in os.environ.get("SHAPES", "1x1 2x16").split())
)
ROUNDS, CALLS = number("ROUNDS", 5, 1), number("CALLS", 5000, 1000)
WARM_CALLS = 1000
REQUEST, ANSWER = bytes(300), b"\x0a" * 60
ALLOWED = b"x-user-uid"  # in every answer that lets a request of benchmarks/check.py pass
NOTHING = "no-op"
CASES = (NOTHING, "http, known token", "mcp 0.3 KiB, known token", "http, new token")


class Serving:
    """A server in a process of its own, on one core."""

    def __init__(self, transport: str, case: str) -> None:
        with on_core(SERVER):
            self._process = subprocess.Popen(
                [sys.executable, __file__, "serve", transport, case],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        self._requests = itertools.cycle([grpc_request(base64.b64decode(each)) for each in self._told().split()])
        self._judge = _holds(ANSWER if case == NOTHING else ALLOWED)
        self._port = int(self._told())

    def measure(self, shape: tuple[int, int]) -> Sample:
        """Return CPU of a call, and calls a second."""
        load = Load(self._port, shape, self._judge)
        load.drive(WARM_CALLS, self._requests)
        before = self._cpu_s()
        done = load.drive(CALLS, self._requests)
        cpu_s = self._cpu_s() - before
        load.close()
        if done.allowed != done.calls:
            raise SystemExit("not every call was answered as it should be")
        return {"CPU, us a call": 1e6 * cpu_s / done.calls, "calls a second": done.calls / done.took_s}

    def _cpu_s(self) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._told())

    def _told(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def _holds(wanted: bytes) -> Judge:
    return lambda kind, _flags, payload: kind == DATA and wanted in payload


def serve(transport: str, case: str) -> None:
    """Serve until the standard input ends; tell the requests, the port, and for each line the CPU time used."""
    from check import Served, cases  # noqa: PLC0415 -- only the server's process needs it

    from accredit_extauthz.serve.collector import calm_collector  # noqa: PLC0415 -- likewise
    from accredit_extauthz.transport.choose import choose  # noqa: PLC0415 -- likewise

    with tempfile.TemporaryDirectory() as folder:
        if case == NOTHING:
            handler, requests = (lambda data: ANSWER if data else b""), [REQUEST]
        else:
            handler, requests = cases(Served(pathlib.Path(folder)))[case]
        server = choose(transport)(handler, b"fallback", lambda: True, "127.0.0.1:0")
        print(*(base64.b64encode(each).decode() for each in requests), flush=True)
        print(server.start().rpartition(":")[2], flush=True)
        calm_collector()
        for _ in sys.stdin:
            print(time.process_time(), flush=True)
        server.stop(0, 1)


def _measures(serving: dict[str, Serving], shape: tuple[int, int]) -> dict[str, Callable[[], Sample]]:
    return {name: partial(each.measure, shape) for name, each in serving.items()}


def main() -> None:
    """Print a table for each shape."""
    report = Report("transport", {"CPU, us a call": "CPU of a call, us"})
    cases = sys.argv[1:] or CASES
    with on_core(CLIENT):
        serving = {f"{case}, {transport}": Serving(transport, case) for case in cases for transport in TRANSPORTS}
        print(f"{ROUNDS} rounds of {CALLS:,} calls; median (least-most)", flush=True)
        for shape in SHAPES:
            heading = f"{shape[0]} connections x {shape[1]} streams"
            report.add(heading, in_turns(_measures(serving, shape), ROUNDS))
        for each in serving.values():
            each.close()
    report.close()


if __name__ == "__main__":
    serve(*sys.argv[2:]) if sys.argv[1:2] == ["serve"] else main()
