"""When an issuer's keys are fetched next, and how long a last good set counts. Pure: time and dice are arguments.

All instants are monotonic nanoseconds, so a wall clock that is set back makes no key live longer. `dice` is a number
in [0, 1), thrown by the caller.
"""

from dataclasses import dataclass, replace

NS_PER_S = 1_000_000_000
EARLY_GAP_S = 10  # an unknown kid causes no fetch sooner than this after the one before it
JITTER = 0.1  # of the interval, to both sides: replicas of the world's operators do not ask in step
MIN_BACKOFF_S = 1
MAX_BACKOFF_S = 300

_FIRST_BACKOFF_S = 2
_SHORTEST_CEILING_S = 30  # an issuer that is asked every second is still given rest when it fails
_MAX_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Refreshes:
    """How one issuer's fetching stands."""

    due_ns: int  # when the next fetch starts, if nobody asks before
    started_ns: int | None = None  # the last fetch
    good_ns: int | None = None  # start of the fetch that brought the last good set
    failures: int = 0  # in a row
    is_confirmed: bool = False  # whether the last finished fetch succeeded, so that the set is the issuer's present one
    is_asked: bool = False  # whether an unknown kid waits for an early fetch


def next_due_ns(state: Refreshes) -> int:
    """Return when the next fetch starts."""
    if not state.is_asked or state.started_ns is None:
        return state.due_ns
    return min(state.due_ns, state.started_ns + EARLY_GAP_S * NS_PER_S)


def lapse_ns(state: Refreshes, max_stale_s: int) -> int | None:
    """Return when the last good set stops to count; None while it is no last good set but the present one."""
    if state.good_ns is None or state.is_confirmed:
        return None
    return state.good_ns + max_stale_s * NS_PER_S


def has_lapsed(state: Refreshes, max_stale_s: int, now_ns: int) -> bool:
    """Whether the last good set is older than it may be."""
    lapse = lapse_ns(state, max_stale_s)
    return lapse is not None and now_ns > lapse


def asked(state: Refreshes) -> Refreshes:
    """Return the state after a token named a kid that is not in the set."""
    return replace(state, is_asked=True)


def started(state: Refreshes, now_ns: int) -> Refreshes:
    """Return the state after a fetch has begun. It answers every ask so far."""
    return replace(state, started_ns=now_ns, is_asked=False)


def succeeded(state: Refreshes, now_ns: int, interval_s: int, dice: float) -> Refreshes:
    """Return the state after a fetch brought a good set. The set is as old as the question."""
    spread = 1 - JITTER + 2 * JITTER * dice
    return replace(
        state,
        due_ns=now_ns + round(interval_s * spread * NS_PER_S),
        good_ns=now_ns if state.started_ns is None else state.started_ns,
        failures=0,
        is_confirmed=True,
    )


def failed(state: Refreshes, now_ns: int, interval_s: int, dice: float) -> Refreshes:
    """Return the state after a fetch brought nothing: exponential backoff with full jitter, bounded."""
    ceiling_s = backoff_ceiling_s(state.failures + 1, interval_s)
    return replace(
        state,
        due_ns=now_ns + round((MIN_BACKOFF_S + dice * (ceiling_s - MIN_BACKOFF_S)) * NS_PER_S),
        failures=state.failures + 1,
        is_confirmed=False,
    )


def backoff_ceiling_s(failures: int, interval_s: int) -> int:
    """Return the longest pause after so many failures in a row: doubling, never beyond 5 minutes."""
    bound_s = min(MAX_BACKOFF_S, max(interval_s, _SHORTEST_CEILING_S))
    return min(bound_s, _FIRST_BACKOFF_S << min(failures - 1, _MAX_DOUBLINGS))
