"""What a check costs in the running program: cached and new tokens, bodies, sizes, TLS, transports, and behind Envoy.

Everything is on: policies, a chain of two hops, an audit file, metrics. The load is closed-loop and saturates the
server, which has one core; the client has another, with Envoy where there is one. CPU is the kernel's account of the
server's process. ROUNDS, CALLS, TOKENS and RATE_SECONDS change how much is done; arguments name parts to run.
"""

import itertools
import pathlib
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from harness import ours, scene
from harness.compiled import open_loop
from harness.envoys import Envoy
from harness.figures import Report, Sample, in_turns, number
from harness.h2 import CHECK, Load, Request, ok_response
from harness.ours import Extauthz, Extent
from harness.paced import Pace, Paced, finished
from harness.pinned import CLIENT, on_core
from harness.scene import World

ROUNDS, CALLS = number("ROUNDS", 5, 1), number("CALLS", 10_000, 1000)
TOKENS = number("TOKENS", 100_000, 2000)
WARM_CALLS, COLD_CALLS, LARGE_CALLS = 500, CALLS // 3, CALLS // 5
SHAPE, ALONE = (2, 16), (1, 1)  # connections x streams
RATES, RATE_SECONDS = (1000, 4000, 8000), number("RATE_SECONDS", 3, 2)
POLICIES = (1, 100, 1000, 10_000)
FEW_TOKENS, MANY_TOKENS = 1000, TOKENS // 2

Cases = dict[str, Callable[[], Sample]]


class Probe(NamedTuple):
    """Where load goes, and whose CPU is read meanwhile."""

    server: Extauthz
    load: Load
    envoy: Envoy | None = None

    def measure(self, requests: Iterator[Request], calls: int, warm: int = WARM_CALLS) -> Sample:
        """Return the CPU time of a check, and checks a second."""
        self.server.forget_records()
        self.load.drive(warm, requests)
        before, aside = self.server.program.cpu_s(), self._envoy_s()
        done = self.load.drive(calls, requests)
        if done.allowed != done.calls:
            raise SystemExit(f"{done.calls - done.allowed} of {done.calls} checks were not allowed")
        found = {
            "CPU, us a check": 1e6 * (self.server.program.cpu_s() - before) / done.calls,
            "checks a second": done.calls / done.took_s,
        }
        if self.envoy is not None:
            found["CPU of Envoy, us"] = 1e6 * (self._envoy_s() - aside) / done.calls
        return found

    def _envoy_s(self) -> float:
        return 0.0 if self.envoy is None else self.envoy.program.cpu_s()


class Bench:
    """The servers of a run, each started when it is first wanted."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self._servers: dict[str, Extauthz] = {}
        self._envoys: list[Envoy] = []

    def probe(self, name: str, extent: Extent | None = None, shape: tuple[int, int] = SHAPE) -> Probe:
        """Return load on the server of a name; `extent` says what it is, when it is new."""
        if name not in self._servers:
            self._servers[name] = ours.start(self.folder, name, extent or Extent())
        server = self._servers[name]
        return Probe(server, Load(server.port, shape, tls=server.tls))

    def behind_envoy(self, name: str) -> Probe:
        """Return load on an Envoy before a new server."""
        server = self.probe(name).server
        self._envoys.append(Envoy(self.folder, name, server.port))
        return Probe(server, Load(self._envoys[-1].port, SHAPE, ok_response), self._envoys[-1])

    def close(self) -> None:
        """End all of it."""
        for program in [*(envoy.program for envoy in self._envoys), *(one.program for one in self._servers.values())]:
            program.close()


def repeated(probe: Probe, request: Request, calls: int = CALLS) -> Callable[[], Sample]:
    """Ask the same again and again."""
    return lambda: probe.measure(itertools.repeat(request), calls)


def each_new(probe: Probe, make: Callable[[int], Request], calls: int = COLD_CALLS) -> Callable[[], Sample]:
    """Ask with a token that was never seen before, each time; they are minted before the clock runs."""
    numbers = itertools.count()

    def measure() -> Sample:
        requests = [make(number) for number in itertools.islice(numbers, calls + WARM_CALLS)]
        return probe.measure(iter(requests), calls)

    return measure


def kinds(bench: Bench) -> Cases:
    """What a check costs by what is asked."""
    probe, alone = bench.probe("main"), bench.probe("main", shape=ALONE)
    known = scene.token()
    cases: Cases = {"HTTP, known token": repeated(probe, scene.http_check(known))}
    for size, count in scene.BODY_BYTES.items():
        calls = CALLS if count <= scene.BODY_BYTES["4 KiB"] else LARGE_CALLS
        cases[f"MCP {size}, known token"] = repeated(probe, scene.mcp_check(known, count), calls)
    cases["HTTP, new token of a known user"] = each_new(probe, lambda n: scene.http_check(scene.token(n)))
    cases["HTTP, new token of a new user"] = each_new(probe, lambda n: scene.http_check(scene.token(n, f"user-{n}")))
    cases["HTTP, known token, one at a time"] = repeated(alone, scene.http_check(known), CALLS // 2)
    return cases


def ways(bench: Bench) -> Cases:
    """What the way to the server costs: TLS, and the transport of grpcio's public names."""
    known = scene.token()
    tls, public = Extent(with_tls=True), Extent(transport="grpcio")
    return {
        "HTTP, plain": repeated(bench.probe("main"), scene.http_check(known)),
        "HTTP, TLS": repeated(bench.probe("tls", tls), scene.http_check(known)),
        "MCP 0.3 KiB, TLS": repeated(bench.probe("tls"), scene.mcp_check(known, scene.BODY_BYTES["0.3 KiB"])),
        "HTTP, transport grpcio": repeated(bench.probe("grpcio", public), scene.http_check(known)),
        "HTTP, transport grpcio, TLS": repeated(
            bench.probe("grpcio-tls", Extent(transport="grpcio", with_tls=True)), scene.http_check(known)
        ),
    }


def policies(bench: Bench) -> Cases:
    """How a check grows with the number of policies; each has a host of its own."""
    request = scene.http_check(scene.token())
    extents = {count: Extent(World(policies=count)) for count in POLICIES}
    return {
        f"policies: {count:,}": repeated(bench.probe(f"policies-{count}", extent), request)
        for count, extent in extents.items()
    }


def tokens(bench: Bench) -> Cases:
    """How a check grows with the number of tokens, each of another user, that take turns."""
    made = [scene.http_check(scene.token(number, f"user-{number}")) for number in range(TOKENS)]
    cases: Cases = {}
    for count in (1, FEW_TOKENS, MANY_TOKENS, TOKENS):
        probe = bench.probe(f"tokens-{count}")
        requests = itertools.cycle(made[:count])
        if count < TOKENS:  # more than are remembered never become known
            probe.load.drive(count, requests)
        cases[f"tokens: {count:,}"] = rotating(probe, requests, COLD_CALLS if count == TOKENS else CALLS)
    return cases


def rotating(probe: Probe, requests: Iterator[Request], calls: int) -> Callable[[], Sample]:
    return lambda: probe.measure(requests, calls)


def envoy(bench: Bench) -> Cases:
    """The same behind Envoy, which shares the client's core and so is what is saturated."""
    probe, known = bench.behind_envoy("behind-envoy"), scene.token()
    cases: Cases = {"HTTP, known token": repeated(probe, scene.http_get(known), CALLS // 2)}
    for size, count in scene.BODY_BYTES.items():
        calls = CALLS // 2 if count <= scene.BODY_BYTES["4 KiB"] else LARGE_CALLS // 2
        cases[f"MCP {size}, known token"] = repeated(probe, scene.mcp_post(known, count), calls)
    cases["HTTP, new token of a known user"] = each_new(probe, lambda n: scene.http_get(scene.token(n)))
    return cases


def rates(bench: Bench) -> Cases:
    """How late answers are at fixed rates, so at some share of the core: open-loop, without Envoy."""
    generator, server = open_loop(), bench.probe("main").server
    if generator is None:
        return {}
    request = scene.http_check(scene.token())
    load = Paced(generator, bench.folder, "check", CHECK).with_body(request.body)
    return {f"{rate:,} checks a second": at_rate(server, load, rate) for rate in RATES}


def at_rate(server: Extauthz, load: Paced, rate: int) -> Callable[[], Sample]:
    def measure() -> Sample:
        before, began = server.program.cpu_s(), time.perf_counter()
        found = finished(load.begin(server.port, Pace(rate, RATE_SECONDS, 1)))
        core = (server.program.cpu_s() - before) / (time.perf_counter() - began)
        return {"of the core, %": 100 * core} | {f"{name}, us": found[name] for name in ("p50", "p99", "p99.9")}

    return measure


PARTS: Mapping[str, tuple[str, Callable[[Bench], Cases]]] = {
    "kinds": ("Direct, by what is asked", kinds),
    "ways": ("Direct, by the way to the server", ways),
    "policies": ("Direct, by the number of policies (HTTP, known token)", policies),
    "tokens": ("Direct, by the number of tokens that take turns (HTTP)", tokens),
    "rates": ("Direct, open-loop at fixed rates (HTTP, known token)", rates),
    "envoy": ("Through Envoy", envoy),
}


def main() -> None:
    """Print a table for each part."""
    report = Report("serving", {"CPU, us a check": "Accredit: CPU of a check, us"})
    print(f"{ROUNDS} rounds of {CALLS:,} calls, {SHAPE[0]} connections x {SHAPE[1]} streams; median (least-most)")
    for name in sys.argv[1:] or PARTS:
        heading, build = PARTS[name]
        with tempfile.TemporaryDirectory() as folder, on_core(CLIENT):
            bench = Bench(pathlib.Path(folder))
            try:
                report.add(heading, in_turns(build(bench), ROUNDS))
            finally:
                bench.close()
    report.close()


if __name__ == "__main__":
    main()
