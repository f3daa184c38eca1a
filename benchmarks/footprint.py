"""What the program takes and how it behaves over time: memory, its start, a snapshot swap under load, and leaks.

ROUNDS, CACHED_TOKENS, SWAP_SECONDS and LEAK_CHECKS change how much is done. LEAK_CHECKS=2000000 is the long form.
Arguments name parts to run.
"""

import itertools
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping

from harness import ours, scene
from harness.compiled import open_loop
from harness.figures import Figure, Report, number
from harness.h2 import CHECK, Load, Request
from harness.ours import Extauthz, Extent
from harness.paced import Pace, Paced, finished
from harness.pinned import CLIENT, SERVER, free_port, on_core
from harness.scene import World

ROUNDS, CACHED_TOKENS = number("ROUNDS", 5, 1), number("CACHED_TOKENS", 50_000, 2000)
SWAP_SECONDS, LEAK_CHECKS = number("SWAP_SECONDS", 20, 5), number("LEAK_CHECKS", 150_000, 3000)
FULL_STORE = 70_000  # tokens: more than are remembered, so that what is held stops growing
RATE, SWAP_EVERY_S, SAMPLES = 1000, 2.0, 6
SMALL, LARGE = World(policies=2, agents=2), World()
WITHIN_S = 30.0


def calls_of(count: int) -> Iterator[Request]:
    """Yield checks with tokens that were never seen, each of another user."""
    return (scene.http_check(scene.token(n, f"user-{n}")) for n in range(count))


def rotate(load: Load, requests: Iterator[Request], count: int) -> None:
    """Make the calls, and allow nothing but allowed answers."""
    done = load.drive(count, requests)
    if done.allowed != done.calls:
        raise SystemExit(f"{done.calls - done.allowed} of {done.calls} checks were not allowed")


def start_s(folder: pathlib.Path, world: World) -> float:
    """Return the seconds from the start of the process to the first allowed check."""
    ours.put_snapshot(folder, world.document())
    port = free_port()
    settings = ours.environment(folder, port, free_port())
    request = itertools.repeat(scene.http_check(scene.token()))
    with on_core(SERVER), (folder / "log").open("wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(ours.command(), env=os.environ | settings, stdout=log, stderr=log)
    try:
        while not _is_allowed(port, request):
            if time.perf_counter() - began > WITHIN_S:
                raise SystemExit(f"no check was allowed within {WITHIN_S:g} s of the start")
        return time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()


def _is_allowed(port: int, request: Iterator[Request]) -> bool:
    try:
        load = Load(port, (1, 1))
    except ConnectionRefusedError:
        time.sleep(0.002)
        return False
    try:
        return load.drive(1, request).allowed == 1
    finally:
        load.close()


def starts(folder: pathlib.Path) -> list[Figure]:
    """Measure the start, with little and with much to load."""
    found = []
    for name, world in (("2 agents, 2 policies", SMALL), ("5,000 agents, 1,000 policies", LARGE)):
        taken = []
        for attempt in range(ROUNDS):
            home = folder / f"start-{world.agents}-{attempt}"
            home.mkdir()
            taken.append(1000 * start_s(home, world))
        found.append(Figure(name, "start to first answer, ms", tuple(taken)))
    return found


def memory(folder: pathlib.Path) -> list[Figure]:
    """Measure the resident memory."""
    idle, full = ours.start(folder, "idle", Extent(SMALL)), ours.start(folder, "full", Extent(LARGE))
    with idle.program, full.program:
        found = [_mib("idle: 2 agents, 2 policies", idle), _mib("5,000 agents, 1,000 policies", full)]
        rotate(Load(full.port), calls_of(CACHED_TOKENS), CACHED_TOKENS)
        return [*found, _mib(f"the same, and {CACHED_TOKENS:,} tokens of as many users", full)]


def _mib(case: str, server: Extauthz) -> Figure:
    return Figure(case, "resident, MiB", (server.program.memory_mib(),))


def leak(folder: pathlib.Path) -> list[Figure]:
    """Measure the resident memory over many checks, once all that is remembered has reached its bound."""
    server = ours.start(folder, "leak", Extent(SMALL))
    with server.program:
        load = Load(server.port)
        count = min(LEAK_CHECKS, 2 * FULL_STORE)
        requests = itertools.cycle(calls_of(count))  # longer than what is remembered: never a known token
        rotate(load, requests, min(FULL_STORE, LEAK_CHECKS))
        seen = [server.program.memory_mib()]
        for _ in range(SAMPLES):
            rotate(load, requests, max(2, LEAK_CHECKS // SAMPLES // 2 * 2))
            server.forget_records()
            seen.append(server.program.memory_mib())
    case = f"{LEAK_CHECKS:,} checks with tokens that are never known"
    growth = Figure(case, "growth, MiB", (seen[-1] - seen[0],))
    return [Figure(case, "resident, MiB", tuple(seen)), growth]


class Swapping(threading.Thread):
    """Publishes one edition of the large world after another; all are made before, so that nothing else takes time."""

    def __init__(self, server: Extauthz) -> None:
        super().__init__(daemon=True)
        self._server = server
        self._editions = [World(edition=2 + n).document() for n in range(int(SWAP_SECONDS / SWAP_EVERY_S))]
        self._done = threading.Event()
        self.swapped = 0

    def run(self) -> None:
        """Swap until told to end."""
        for edition in self._editions:
            if self._done.wait(SWAP_EVERY_S):
                return
            self._server.publish(edition)
            self.swapped += 1

    def end(self) -> None:
        """Return when it has ended."""
        self._done.set()
        self.join()


def swaps(folder: pathlib.Path) -> list[Figure]:
    """Measure checks at a fixed rate, without swaps and with them."""
    generator = open_loop()
    if generator is None:
        return []
    server = ours.start(folder, "swaps", Extent(LARGE))
    with server.program:
        paced = Paced(generator, folder, "check", CHECK).with_body(scene.http_check(scene.token()).body)
        pace = Pace(RATE, SWAP_SECONDS)
        quiet = finished(paced.begin(server.port, pace))
        swapping = Swapping(server)
        load = paced.begin(server.port, pace)
        swapping.start()
        busy = finished(load)
        swapping.end()
    names = {"no swap": quiet, f"{swapping.swapped} swaps": busy}
    return [
        Figure(f"{case}, {RATE:,} checks a second", f"{share}, us", (found[share],))
        for case, found in names.items()
        for share in ("p50", "p99", "p99.9", "max")
    ]


PARTS: Mapping[str, tuple[str, Callable[[pathlib.Path], list[Figure]]]] = {
    "start": ("Start", starts),
    "memory": ("Memory", memory),
    "swaps": ("A snapshot of 5,000 agents and 1,000 policies is swapped under load", swaps),
    "leak": ("Memory over time", leak),
}


def main() -> None:
    """Print a table for each part."""
    report = Report("footprint", {"resident, MiB": "Accredit: resident memory, MiB"})
    for name in sys.argv[1:] or PARTS:
        heading, measured = PARTS[name]
        with tempfile.TemporaryDirectory() as folder, on_core(CLIENT):
            report.add(heading, measured(pathlib.Path(folder)))
    report.close()


if __name__ == "__main__":
    main()
