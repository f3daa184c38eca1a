"""Counts kept as plain integers under one lock: cheap on the way of a check, read when somebody asks."""

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Sequence

Labels = tuple[str, ...]


class Tally:
    """A counter for every combination of labels that was met. Safe to call from any thread."""

    def __init__(self) -> None:
        self._counts: Counter[Labels] = Counter()
        self._lock = threading.Lock()

    def add(self, labels: Labels = (), amount: int = 1) -> None:
        """Count `amount` more."""
        with self._lock:
            self._counts[labels] += amount

    def keep(self, wanted: Callable[[Labels], bool]) -> None:
        """Forget the combinations that are not wanted, so that what is gone does not fill the memory for ever."""
        with self._lock:
            for labels in [labels for labels in self._counts if not wanted(labels)]:
                del self._counts[labels]

    def counted(self) -> list[tuple[Labels, int]]:
        """Return every combination with its count, sorted."""
        with self._lock:
            return sorted(self._counts.items())

    def total(self) -> int:
        """Return the sum of all counts."""
        with self._lock:
            return self._counts.total()


class Spread:
    """A histogram of durations. Bounds are in seconds, ascending, each inclusive. Safe to call from any thread."""

    def __init__(self, bounds_s: Sequence[float]) -> None:
        self._bounds_s = tuple(bounds_s)
        self._counts = [0] * (len(self._bounds_s) + 1)
        self._sum_s = 0.0
        self._lock = threading.Lock()

    def add(self, seconds: float) -> None:
        """Count one duration."""
        place = bisect_left(self._bounds_s, seconds)
        with self._lock:
            self._counts[place] += 1
            self._sum_s += seconds

    def counted(self) -> tuple[list[tuple[str, float]], float]:
        """Return cumulative buckets, named by their upper bound as Prometheus does, and the sum in seconds."""
        with self._lock:
            counts, sum_s = list(self._counts), self._sum_s
        buckets: list[tuple[str, float]] = []
        below = 0
        for bound, count in zip((*map(str, self._bounds_s), "+Inf"), counts, strict=True):
            below += count
            buckets.append((bound, below))
        return buckets, sum_s
