from random import Random

from hypothesis import given
from hypothesis import strategies as st

from accredit_extauthz.source.backoff import Backoff


def test_waits_double_up_to_a_bound_and_begin_again():
    backoff = Backoff(0.2, 5.0, Random(1))
    waits = [backoff.next_s() for _ in range(8)]
    bounds = [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]
    assert all(bound * 0.5 <= wait <= min(bound * 1.5, 5.0) for wait, bound in zip(waits, bounds, strict=True))
    backoff.reset()
    assert backoff.next_s() <= 0.3


@given(st.integers(), st.floats(0, 1e6), st.integers(1, 12))
def test_a_wait_is_never_longer_than_the_bound_whatever_is_asked_for(seed, asked_s, attempts):
    backoff = Backoff(0.2, 5.0, Random(seed))
    for _ in range(attempts):
        wait_s = backoff.next_s(asked_s)
        assert min(asked_s, 5.0) <= wait_s <= 5.0
        assert wait_s >= 0.1
