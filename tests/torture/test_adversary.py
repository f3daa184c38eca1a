"""A million adversarial requests on the real check, from every corpus and mutated: none is wrongly allowed.

ACCREDIT_TORTURE_REQUESTS says how many (1,000,000), ACCREDIT_TORTURE_SEED where to start: elsewhere, others.
"""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from adversary.differential import allowed, divided
from adversary.reading import at_hand, compiled

REQUESTS = int(os.environ.get("ACCREDIT_TORTURE_REQUESTS", "1000000"))
FIRST_SEED = int(os.environ.get("ACCREDIT_TORTURE_SEED", "1000"))
PROCESSES = 2
GROWTH_KIB = 20 * 1024
BODIES = 20_000
_ROOT = pathlib.Path(__file__).parents[2]
_SOURCES = [str(_ROOT / name) for name in ("tests", "extauthz", "operator", "cli")]


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + PROCESSES))
def test_no_request_of_a_storm_is_wrongly_allowed_or_breaks_the_check_or_stays_in_memory(seed, capsys):
    command = [sys.executable, "-m", "adversary.storm", f"--cases={REQUESTS // PROCESSES}", f"--seed={seed}"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(_SOURCES)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    with capsys.disabled():
        told = {name: found[name] for name in ("cases", "per_second", "per_cpu_second", "growth_kib", "allowed")}
        print(f"\nseed {seed}: {told}")  # noqa: T201 -- the rate is for whoever waits for it
    bad = {name: found[name] for name in ("wrong_allows", "exceptions", "surprises", "divided") if found[name][0]}
    assert bad == {}
    assert found["allowed"] > found["cases"] // 20
    assert found["growth_kib"] < GROWTH_KIB


def test_go_and_the_others_read_the_tool_that_was_allowed(tmp_path):
    readers = at_hand() | compiled(tmp_path)
    passed = allowed(seed=FIRST_SEED, count=BODIES)
    assert len(passed) > BODIES // 10
    assert divided(passed, readers) == []
