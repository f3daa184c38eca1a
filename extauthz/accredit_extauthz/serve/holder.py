"""Holds the view that requests are answered from. One thread swaps; any number read, without a lock."""

from dataclasses import dataclass

from accredit_extauthz.decide.view import View
from accredit_extauthz.serve.ports import Clock

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class _Held:
    view: View
    confirmed_at_ticks_ns: int


class Holder:
    """The current view, how long ago its source confirmed it, and how many snapshots could not be loaded."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: _Held | None = None
        self._load_failures = 0

    @property
    def current(self) -> View | None:
        """The view to answer from; None until a first snapshot was verified."""
        held = self._held
        return None if held is None else held.view

    @property
    def load_failures(self) -> int:
        """How many times the source had nothing that could be served."""
        return self._load_failures

    def swap(self, view: View, *, confirmed: bool = True) -> None:
        """Answer from `view` from now on. Requests under way finish with the view they took.

        With `confirmed` False the source had it from a place that may be old itself: the age goes on from before.
        """
        held = self._held
        at_ticks_ns = self._clock.ticks_ns() if confirmed or held is None else held.confirmed_at_ticks_ns
        self._held = _Held(view, at_ticks_ns)

    def confirm(self) -> None:
        """Note that the source still says what the current view says."""
        if self._held is not None:
            self.swap(self._held.view)

    def fail(self) -> None:
        """Note that what the source offers cannot be served; the last good view stays."""
        self._load_failures += 1

    def age_s(self, ticks_ns: int) -> int:
        """Return the whole seconds since the current view was last confirmed, by the monotonic clock; 0 without one."""
        held = self._held
        return 0 if held is None else max(0, ticks_ns - held.confirmed_at_ticks_ns) // _NS_PER_S
