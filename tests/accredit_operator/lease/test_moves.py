"""The decision table of the election, and that times which cannot keep two terms apart are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accredit_operator.lease.moves import Move, Sighting, Terms, next_move
from accredit_operator.lease.record import LeaseRecord

S = 1_000_000_000
SEEN = 100 * S


def _held(holder, duration_s=15):
    return LeaseRecord(holder, duration_s, 3, "2026-11-24T10:00:00.000000Z", "2026-11-24T10:00:00.000000Z")


CASES = [
    pytest.param(None, 0, Move.CREATE, id="there is no Lease"),
    pytest.param(_held(""), 0, Move.TAKE, id="it was released"),
    pytest.param(LeaseRecord(), 0, Move.TAKE, id="it stands there empty"),
    pytest.param(_held("me"), 0, Move.RENEW, id="it is mine"),
    pytest.param(_held("me"), 60, Move.RENEW, id="it is mine and nobody took it while I was silent"),
    pytest.param(_held("other"), 0, Move.WAIT, id="another has just been seen with it"),
    pytest.param(_held("other"), 14.999, Move.WAIT, id="another is silent, not for long enough"),
    pytest.param(_held("other"), 15, Move.TAKE, id="another was silent for its whole duration"),
    pytest.param(_held("other", 60), 59, Move.WAIT, id="another asked for a minute and is owed it"),
    pytest.param(_held("other", 60), 60, Move.TAKE, id="another asked for a minute and had it"),
    pytest.param(_held("other", 0), 14, Move.WAIT, id="another gave no duration and is owed mine"),
    pytest.param(_held("other", 0), 15, Move.TAKE, id="another gave no duration and had mine"),
    pytest.param(_held("other", 10**9), 15, Move.TAKE, id="another asked for thirty years, which is a mistake"),
]


@pytest.mark.parametrize(("record", "silent_s", "move"), CASES)
def test_the_next_move(record, silent_s, move):
    assert next_move(Sighting(record, "7", SEEN), "me", SEEN + int(silent_s * S), Terms()) is move


@given(st.integers(1, 3600), st.integers(0, 4000 * S))
def test_a_holder_is_never_robbed_before_the_time_that_it_asked_for(duration_s, silent_ns):
    move = next_move(Sighting(_held("other", duration_s), "7", SEEN), "me", SEEN + silent_ns, Terms())
    assert (move is Move.TAKE) == (silent_ns >= duration_s * S)


FIRST = Sighting(_held("other"), "7", SEEN)


@pytest.mark.parametrize(
    ("seen", "since_ns"),
    [
        pytest.param(Sighting(_held("other"), "7", SEEN + S), SEEN, id="the same version again"),
        pytest.param(Sighting(_held("other"), "8", SEEN + S), SEEN + S, id="a new version that says the same"),
        pytest.param(Sighting(_held("third"), "8", SEEN + S), SEEN + S, id="another holder"),
        pytest.param(Sighting(None, "", SEEN + S), SEEN + S, id="it is gone"),
    ],
)
def test_silence_counts_from_the_last_change(seen, since_ns):
    assert FIRST.followed_by(seen).since_ns == since_ns
    assert FIRST.followed_by(seen).record == seen.record


@pytest.mark.parametrize(
    ("duration_s", "renew_within_s", "retry_s"),
    [(15, 15, 2), (10, 15, 2), (15, 10, 10), (15, 10, 0), (15, 2, 10)],
)
def test_times_that_cannot_keep_two_reigns_apart_are_refused(duration_s, renew_within_s, retry_s):
    with pytest.raises(ValueError, match="retry_s < renew_within_s < duration_s"):
        Terms(duration_s, renew_within_s, retry_s)
