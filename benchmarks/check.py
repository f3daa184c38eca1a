"""What one check costs inside the process, from a request's bytes to its answer's: CPU time, everything on.

Check, view, audit file and metrics are the real ones; only the wire is left out (benchmarks/transport.py has it).
ROUNDS, CHECKS, POLICIES and AGENTS change how much is done. `check.py profile CASE` says where the time of a case goes.
"""

import cProfile
import itertools
import pathlib
import pstats
import sys
import tempfile
import time
from functools import partial

from harness import scene
from harness.figures import Report, Sample, in_turns, number
from harness.scene import BODY_BYTES, World

from accredit_extauthz.app import SystemClock, answering
from accredit_extauthz.audit.sink import FileSink
from accredit_extauthz.codec.envoy_subset_pb2 import CheckResponse
from accredit_extauthz.contract.codec import decode_document
from accredit_extauthz.decide.view import Deployment, build
from accredit_extauthz.observe.metrics import Metrics
from accredit_extauthz.serve.check import Check
from accredit_extauthz.serve.collector import calm_collector
from accredit_extauthz.serve.holder import Holder
from accredit_extauthz.serve.proofs import MAX_TOKENS, Proofs
from accredit_extauthz.serve.unknown_keys import UnknownKeys
from fakes.costly import BODIES, DEAREST

ROUNDS, CHECKS = number("ROUNDS", 9, 2), number("CHECKS", 1000, 320)
POLICIES, AGENTS = number("POLICIES", 1000, 1000), number("AGENTS", 5000, 5000)
TOGETHER = (1, 16)
LARGE_BYTES, LARGE_SHARE = 32_768, 10  # of requests that large, so much fewer

Case = tuple[Check, list[bytes]]


class Served:
    """A snapshot in place, and checks on it as the process builds them."""

    def __init__(self, folder: pathlib.Path) -> None:
        self._clock = SystemClock()
        self._holder = Holder(self._clock)
        self._holder.swap(build(decode_document(World(POLICIES, AGENTS).document()), Deployment()))
        self._sink = FileSink(folder / "audit.jsonl", self._clock)

    def check(self, tokens: int) -> Check:
        """Return a check that remembers so many tokens."""
        proofs = Proofs(tokens)
        metrics = Metrics(self._holder, proofs, self._clock, "benchmark")
        return answering(self._holder, self._clock, proofs, self._sink, metrics, UnknownKeys())


def cases(served: Served) -> dict[str, Case]:
    """What is measured: a check, and the requests it gets in turn. What knows one token meets each as a new one."""
    known, check, forgetful = scene.token(), served.check(MAX_TOKENS), served.check(1)
    bodies = {size: scene.tool_call(size_bytes) for size, size_bytes in BODY_BYTES.items()}
    return {
        "http, known token": (check, [scene.http_asked(known)]),
        **{f"mcp {size}, known token": (check, [scene.mcp_asked(known, body)]) for size, body in bodies.items()},
        "mcp 64 KiB, the dearest": (check, [scene.mcp_asked(known, BODIES[DEAREST])]),
        "http, denied": (check, [scene.http_asked(None)]),
        "http, new token": (forgetful, [scene.http_asked(scene.token(number)) for number in range(200)]),
    }


def round_us(check: Check, requests: list[bytes], together: int) -> float:
    """Return the CPU time of one check, the requests being asked in groups."""
    turn = itertools.cycle(requests)
    count = CHECKS // LARGE_SHARE if len(requests[0]) > LARGE_BYTES else CHECKS
    groups = [list(itertools.islice(turn, together)) for _ in range(count // together)]
    began = time.thread_time()
    for group in groups:
        check.together(group)
    return 1e6 * (time.thread_time() - began) / (len(groups) * together)


def verify(asked: dict[str, Case]) -> None:
    for name, (check, requests) in asked.items():
        code = CheckResponse.FromString(check(requests[0])).status.code
        if (code == 0) == ("denied" in name):
            raise SystemExit(f"{name}: answered with status {code}")


def sample(case: Case, together: int) -> Sample:
    return {"CPU, us a check": round_us(*case, together)}


def profile(check: Check, requests: list[bytes]) -> None:
    profiler = cProfile.Profile()
    profiler.runcall(round_us, check, requests, 16)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(45)


def main() -> None:
    """Print a table, or the profile of a case."""
    report = Report("check", {"CPU, us a check": "Inside the process: CPU of a check, us"})
    with tempfile.TemporaryDirectory() as folder:
        asked = cases(Served(pathlib.Path(folder)))
        verify(asked)
        calm_collector()
        if sys.argv[1:2] == ["profile"]:
            profile(*asked[sys.argv[2] if sys.argv[2:] else "http, known token"])
            return
        print(f"{ROUNDS} rounds of {CHECKS:,} checks; {POLICIES:,} policies, {AGENTS:,} agents; median (least-most)")
        for together in TOGETHER:
            turns = {name: partial(sample, case, together) for name, case in asked.items()}
            report.add(f"In the process, {together} at a time", in_turns(turns, ROUNDS))
    report.close()


if __name__ == "__main__":
    main()
