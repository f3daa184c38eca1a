"""decide() says what a slow, obvious reading of the contract says; tests/torture asks far more often."""

from reference.comparing import compare

CASES = 1_500


def test_the_decision_is_the_references() -> None:
    tally = compare(seed=0, count=CASES)
    assert not tally.disagreements, tally.shown()


def test_the_cases_are_neither_all_allowed_nor_all_denied() -> None:
    rulings = compare(seed=1, count=300).rulings
    assert {"allow", "would_deny", "deny"} <= rulings.keys()
    assert rulings["deny"] < 250
