"""Accredit beside Go authorizers, in one run: the same request, the same policy as near as each can say it.

Each has one core, and rounds take turns. Closed-loop, saturated: CPU of a check by the kernel's account of the process,
and throughput. Through Envoy at a fixed rate, open-loop: latency from the instant at which a request had to leave. What
is not to be had here is left out, and said. ROUNDS, CALLS, PACED_SECONDS and RATE change how much is done.
"""

import itertools
import pathlib
import tempfile
from collections.abc import Callable, Iterator
from functools import partial

from harness import ours, peers, scene
from harness.compiled import open_loop
from harness.envoys import Envoy
from harness.figures import Report, Sample, in_turns, number, ratios
from harness.h2 import Load, Request, ok_response
from harness.ours import Extauthz, Extent
from harness.paced import Pace, Paced, finished
from harness.peers import Peer
from harness.pinned import CLIENT, Pinned, on_core

ROUNDS, CALLS = number("ROUNDS", 5, 1), number("CALLS", 10_000, 1000)
PACED_SECONDS, RATE = number("PACED_SECONDS", 8, 3), number("RATE", 1000, 1000)
WARM_CALLS = 1000
OURS, CPU = "Accredit", "CPU, us a check"
KNOWN = f"{OURS}, known token"
LATENCIES = ("p50", "p99", "p99.9", "late_p99")  # the last is the generator's own: below it nothing is known

Measures = dict[str, Callable[[], Sample]]


def saturated(program: Pinned, load: Load, requests: Callable[[], Iterator[Request]]) -> Callable[[], Sample]:
    """Ask as fast as it answers."""

    def measure() -> Sample:
        asked = requests()
        load.drive(WARM_CALLS, asked)
        before = program.cpu_s()
        done = load.drive(CALLS, asked)
        if done.allowed != done.calls:
            raise SystemExit(f"{program.name}: {done.calls - done.allowed} of {done.calls} checks were not allowed")
        return {
            CPU: 1e6 * (program.cpu_s() - before) / done.calls,
            "checks a second": done.calls / done.took_s,
        }

    return measure


def repeated(request: Request) -> Callable[[], Iterator[Request]]:
    """The same request again and again: its token is verified anew by all that remember none."""
    return lambda: itertools.repeat(request)


def never_seen() -> Callable[[], Iterator[Request]]:
    """A new token each time, minted before the clock runs."""
    numbers = itertools.count(1)

    def requests() -> Iterator[Request]:
        return iter([scene.http_check(scene.token(n)) for n in itertools.islice(numbers, CALLS + WARM_CALLS)])

    return requests


def direct(each: list[Peer], server: Extauthz) -> Measures:
    """Without Envoy."""
    known = repeated(scene.http_check(scene.token()))
    measures = {peer.name: saturated(peer.program, Load(peer.port), known) for peer in each}
    measures[KNOWN] = saturated(server.program, Load(server.port), known)
    measures[f"{OURS}, every token new"] = saturated(server.program, Load(server.port), never_seen())
    return measures


def behind_envoy(each: list[Peer], envoys: dict[str, Envoy]) -> Measures:
    """As fast as Envoy and the server answer; Envoy and the client share a core."""
    known = repeated(scene.http_get(scene.token()))
    return {peer.name: saturated(peer.program, Load(envoys[peer.name].port, judge=ok_response), known) for peer in each}


def paced(each: list[Peer], envoys: dict[str, Envoy], load: Paced) -> Measures:
    """At a fixed rate."""

    def measure(peer: Peer) -> Sample:
        found = finished(load.begin(envoys[peer.name].port, Pace(RATE, PACED_SECONDS)))
        return {f"{name}, us": found[name] for name in LATENCIES}

    return {peer.name: partial(measure, peer) for peer in each}


def run(folder: pathlib.Path, report: Report, programs: list[Pinned]) -> None:
    """Measure all; what is started goes to `programs`."""
    each = peers.start(folder)
    programs.extend(peer.program for peer in each)
    server = ours.start(folder, "accredit", Extent())
    programs.append(server.program)
    figures = in_turns(direct(each, server), ROUNDS)
    report.add("Direct, saturated", figures)
    report.add(f"{KNOWN}, divided by", ratios(figures, KNOWN, CPU))
    everyone = [*each, Peer(OURS, server.program, server.port)]
    envoys = {peer.name: Envoy(folder, str(at), peer.port) for at, peer in enumerate(everyone)}
    programs.extend(envoy.program for envoy in envoys.values())
    report.add("Through Envoy, saturated", in_turns(behind_envoy(everyone, envoys), ROUNDS))
    generator = open_loop()
    if generator is not None:
        load = Paced(generator, folder, "get", scene.http_fields(scene.token()))
        heading = f"Through Envoy, open-loop at {RATE:,} requests a second"
        report.add(heading, in_turns(paced(everyone, envoys, load), ROUNDS))


def main() -> None:
    """Print the tables."""
    latency = f"Through Envoy, {RATE:,} requests a second, open-loop:"
    plots = {CPU: "CPU of a check, us"}
    report = Report("compare", plots | {f"{share}, us": f"{latency} {share}, us" for share in ("p50", "p99", "p99.9")})
    print(f"{ROUNDS} rounds of {CALLS:,} calls, then of {PACED_SECONDS} s; median (least-most)", flush=True)
    programs: list[Pinned] = []
    with tempfile.TemporaryDirectory() as folder, on_core(CLIENT):
        try:
            run(pathlib.Path(folder), report, programs)
        finally:
            for program in reversed(programs):
                program.close()
    report.close()


if __name__ == "__main__":
    main()
