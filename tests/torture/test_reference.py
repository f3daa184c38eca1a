"""decide() against the reference over many random worlds and requests.

ACCREDIT_TORTURE_CASES says how many (200,000), ACCREDIT_TORTURE_SEED where to start (1000): another start, other cases.
"""

import os
from collections.abc import Callable
from itertools import count

import pytest

from reference.comparing import REACHABLE, compare

CHUNK = 10_000
CASES = int(os.environ.get("ACCREDIT_TORTURE_CASES", "200000"))
FIRST_SEED = int(os.environ.get("ACCREDIT_TORTURE_SEED", "1000"))
SIZES = [min(CHUNK, CASES - start) for start in range(0, CASES, CHUNK)]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("seed", "size"), list(enumerate(SIZES, start=FIRST_SEED)))
def test_no_case_divides_decision_and_reference(
    seed: int, size: int, record_property: Callable[[str, object], None]
) -> None:
    tally = compare(seed, size)
    record_property("reasons", {str(reason): number for reason, number in tally.reasons.most_common()})
    assert not tally.disagreements, tally.shown()


@pytest.mark.timeout(600)
def test_the_cases_reach_every_reason_and_allow_about_a_third() -> None:
    missing, rulings = set(REACHABLE), {"deny": 0, "allow": 0, "would_deny": 0}
    for seed in count(1):
        tally = compare(seed, 2_000)
        missing -= tally.reasons.keys()
        for ruling, number in tally.rulings.items():
            rulings[ruling] += number
        if not missing or seed == 20:
            break
    assert not missing
    assert 0.25 < (rulings["allow"] + rulings["would_deny"]) / sum(rulings.values()) < 0.5
