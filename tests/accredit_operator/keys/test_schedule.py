"""When keys are fetched, whatever the issuer and the callers do."""

from hypothesis import given
from hypothesis import strategies as st

from accredit_operator.keys.schedule import (
    EARLY_GAP_S,
    MAX_BACKOFF_S,
    MIN_BACKOFF_S,
    NS_PER_S,
    Refreshes,
    asked,
    backoff_ceiling_s,
    failed,
    has_lapsed,
    lapse_ns,
    next_due_ns,
    started,
    succeeded,
)

dice = st.floats(0, 1, exclude_max=True)
intervals = st.integers(1, 86400)
instants = st.integers(0, 10**18)
counts = st.integers(0, 10_000)
optional_instants = st.none() | instants
states = st.builds(Refreshes, instants, optional_instants, optional_instants, counts, st.booleans(), st.booleans())


@given(states, instants, intervals, dice)
def test_after_success_the_next_fetch_is_an_interval_away_give_or_take_a_tenth(state, now, interval, thrown):
    wait = succeeded(state, now, interval, thrown).due_ns - now
    assert 0.9 * interval * NS_PER_S - 1 <= wait <= 1.1 * interval * NS_PER_S + 1


@given(states, instants, intervals, dice)
def test_after_failure_the_next_fetch_is_neither_at_once_nor_far(state, now, interval, thrown):
    wait = failed(state, now, interval, thrown).due_ns - now
    assert MIN_BACKOFF_S * NS_PER_S <= wait <= MAX_BACKOFF_S * NS_PER_S


@given(st.integers(1, 10_000), intervals)
def test_the_longest_pause_never_shrinks_while_failures_go_on(failures, interval):
    assert backoff_ceiling_s(failures, interval) <= backoff_ceiling_s(failures + 1, interval) <= MAX_BACKOFF_S


def test_the_longest_pause_doubles_to_its_bound():
    assert [backoff_ceiling_s(failures, 300) for failures in range(1, 11)] == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert [backoff_ceiling_s(failures, 1) for failures in (1, 5, 50)] == [2, 30, 30]


@given(intervals, counts, instants)
def test_the_pause_spreads_over_its_whole_range(interval, failures, now):
    state = Refreshes(due_ns=0, failures=failures)
    low, high = (failed(state, now, interval, thrown).due_ns - now for thrown in (0.0, 0.999999))
    assert low == MIN_BACKOFF_S * NS_PER_S
    assert high > 0.99 * backoff_ceiling_s(failures + 1, interval) * NS_PER_S


@given(states)
def test_an_ask_never_puts_a_fetch_off(state):
    assert next_due_ns(asked(state)) <= next_due_ns(state)


@given(states, instants)
def test_a_fetch_answers_all_asks_before_it(state, now):
    assert next_due_ns(started(asked(state), now)) == state.due_ns


@given(intervals, st.lists(st.tuples(st.sampled_from("asg"), st.booleans(), dice, st.integers(0, 4 * NS_PER_S))))
def test_asks_cause_at_most_one_fetch_in_ten_seconds(interval, moves):
    """Walks through any run of asks, passing time and fetches that end either way."""
    now, state, unasked_due = 0, Refreshes(due_ns=0), 0
    for move, is_good, thrown, passed in moves:
        now += passed
        if move == "a":
            state = asked(state)
        if now < next_due_ns(state):
            continue
        if now < unasked_due:
            assert state.started_ns is not None
            assert now - state.started_ns >= EARLY_GAP_S * NS_PER_S
        state = started(state, now)
        state = succeeded(state, now, interval, thrown) if is_good else failed(state, now, interval, thrown)
        unasked_due = state.due_ns


@given(st.integers(10, 86400), dice, instants)
def test_an_unknown_kid_is_looked_for_after_ten_seconds(interval, thrown, now):
    state = succeeded(started(Refreshes(due_ns=now), now), now, 2 * interval, thrown)
    assert next_due_ns(asked(state)) == now + EARLY_GAP_S * NS_PER_S


@given(instants, intervals, dice, instants, st.integers(0, 86400))
def test_the_present_set_never_lapses(now, interval, thrown, later, max_stale):
    state = succeeded(started(Refreshes(due_ns=now), now), now, interval, thrown)
    assert not has_lapsed(state, max_stale, now + later)


@given(instants, st.integers(0, 20), st.integers(0, 86400), dice)
def test_a_set_that_is_kept_counts_for_max_stale_after_its_fetch_however_often_it_failed(now, fails, max_stale, thrown):
    state = succeeded(started(Refreshes(due_ns=now), now), now + 1, 300, thrown)
    for attempt in range(fails + 1):
        state = failed(started(state, now + attempt), now + attempt, 300, thrown)
    assert lapse_ns(state, max_stale) == now + max_stale * NS_PER_S
    assert not has_lapsed(state, max_stale, now + max_stale * NS_PER_S)
    assert has_lapsed(state, max_stale, now + max_stale * NS_PER_S + 1)


@given(states, instants, intervals, dice)
def test_nothing_lapses_where_nothing_was_ever_good(state, now, interval, thrown):
    state = Refreshes(state.due_ns, failures=state.failures)
    assert lapse_ns(failed(state, now, interval, thrown), 0) is None
