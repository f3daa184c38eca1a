"""Where the time of a check goes inside the process: each part's share of what a check costs, by samples.

Every millisecond of CPU time a signal asks which line runs. Unlike a profiler that notes every call, that makes no part
dearer than another. What is built into Python, and libraries, count for the part that called them.
"""

import functools
import pathlib
import re
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Self

from check import Served, cases
from harness.figures import Figure, Report, number

from accredit_extauthz.serve.collector import calm_collector

SAMPLED_S, TOGETHER = number("SAMPLED_SECONDS", 3, 1), 16
EVERY_S = 0.001
CASES = ("http, known token", "mcp 0.3 KiB, known token", "mcp 4 KiB, known token", "http, new token")
PARTS = {
    "codec/request": "read the request",
    "codec/ordinary_names": "read the request",
    "codec": "encode the answer",
    "decide/token": "token, keys, signature, claims",
    "decide/signature": "token, keys, signature, claims",
    "decide/claims": "token, keys, signature, claims",
    "decide/authentication": "token, keys, signature, claims",
    "contract/strict_json": "strict JSON: token and body",
    "decide/mcp": "MCP: body and headers",
    "decide": "decide: target, chain, scopes, policy",
    "contract": "decide: target, chain, scopes, policy",
    "model": "decide: target, chain, scopes, policy",
    "audit/sink": "write the records",
    "audit": "encode the record",
    "observe": "count",
    "serve": "clock, caches, order of steps",
}
REST = "the rest"
OWN = re.compile(r"/accredit_extauthz/(.+)\.py$")
SIGNATURE = re.compile(r"/site-packages/(?:jwt|cryptography)/")


@functools.cache
def part_of(file: str) -> str:
    """Return the part of a check that a source file belongs to."""
    own = OWN.search(file)
    if own is None:
        return "verify the signature" if SIGNATURE.search(file) else REST
    path = own[1]
    longest = max((name for name in PARTS if path.startswith(name)), key=len, default="")
    return PARTS.get(longest, REST)


class Samples:
    """Counts, by part, what ran when the signal came."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()

    def __enter__(self) -> Self:
        signal.signal(signal.SIGPROF, self._take)
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
        return self

    def __exit__(self, *_: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)

    def _take(self, _number: int, frame: FrameType | None) -> None:
        part = REST
        while frame is not None and part == REST:
            part = part_of(frame.f_code.co_filename)
            frame = frame.f_back
        self.found[part] += 1


def shares(case: str, together: Callable[[list[bytes]], object], requests: list[bytes]) -> list[Figure]:
    """Return the cost of a check and of each part of it, in microseconds."""
    groups = [[requests[(at + n) % len(requests)] for n in range(TOGETHER)] for at in range(len(requests))]
    count, began = 0, time.thread_time()
    with Samples() as samples:
        while (taken_s := time.thread_time() - began) < SAMPLED_S:
            for group in groups:
                together(group)
                count += TOGETHER
    cost_us, total = 1e6 * taken_s / count, samples.found.total()
    parts = [Figure(part, case, (cost_us * seen / total,)) for part, seen in samples.found.most_common()]
    return [Figure("all of it", case, (cost_us,)), *parts]


def main() -> None:
    """Print a column for each case."""
    report = Report("shares", {case: f"Inside the process, us a check: {case}" for case in (CASES[0], CASES[-1])})
    with tempfile.TemporaryDirectory() as folder:
        asked = cases(Served(pathlib.Path(folder)))
        calm_collector()
        figures = [one for case in CASES for one in shares(case, asked[case][0].together, asked[case][1])]
    report.add(f"CPU, us a check, {TOGETHER} at a time, without the wire", figures)
    report.close()


if __name__ == "__main__":
    main()
