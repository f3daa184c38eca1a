"""How long to wait before the next attempt."""

from random import Random


class Backoff:
    """Waits that double from `first_s` up to `last_s`, each spread over half to one and a half of itself."""

    def __init__(self, first_s: float, last_s: float, dice: Random) -> None:
        self._first_s = first_s
        self._last_s = last_s
        self._dice = dice
        self._next_s = first_s

    def reset(self) -> None:
        """Begin again: an attempt succeeded."""
        self._next_s = self._first_s

    def next_s(self, at_least_s: float = 0.0) -> float:
        """Return how long to wait now, in seconds; never more than `last_s`, whatever the other side asks for."""
        wait_s = self._next_s * (0.5 + self._dice.random())
        self._next_s = min(self._next_s * 2, self._last_s)
        return min(max(wait_s, at_least_s), self._last_s)
