"""What is due at a time: conditions that change by the clock alone, and Revocations that have served. Pure."""

import heapq
from dataclasses import dataclass, field

from accredit_operator.world import ObjectKey

KEPT_AFTER_S = 3600  # a Revocation stays for an hour after it ended, for people to see


@dataclass(slots=True)
class Timers:
    """At most one time for each object. Old entries stay in the heap and are passed over."""

    _at: dict[ObjectKey, int] = field(default_factory=dict)
    _heap: list[tuple[int, ObjectKey]] = field(default_factory=list)

    def keep(self, key: ObjectKey, at: int | None) -> None:
        """Set an object's time, Unix seconds, or none."""
        if at is None:
            self._at.pop(key, None)
        elif self._at.get(key) != at:
            self._at[key] = at
            heapq.heappush(self._heap, (at, key))

    def due(self, now: int) -> tuple[ObjectKey, ...]:
        """Return the objects whose time has come, each once."""
        found: list[ObjectKey] = []
        while self._heap and self._heap[0][0] <= now:
            at, key = heapq.heappop(self._heap)
            if self._at.get(key) == at:
                del self._at[key]
                found.append(key)
        return tuple(found)
