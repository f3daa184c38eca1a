"""A clock that moves when it is told to."""

_NS_PER_S = 1_000_000_000


class FakeClock:
    """Both readings advance together; `drift` sets the wall clock apart."""

    def __init__(self, now: int = 1_790_000_000) -> None:
        self._now_ns = now * _NS_PER_S
        self._ticks_ns = 5 * _NS_PER_S

    def now_ns(self) -> int:
        return self._now_ns

    def ticks_ns(self) -> int:
        return self._ticks_ns

    def advance(self, seconds: float) -> None:
        self._now_ns += int(seconds * _NS_PER_S)
        self._ticks_ns += int(seconds * _NS_PER_S)

    def drift(self, seconds: float) -> None:
        """Set the wall clock forward, or back; what is monotonic does not notice."""
        self._now_ns += int(seconds * _NS_PER_S)
