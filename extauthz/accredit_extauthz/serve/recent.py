"""Remembers what was used lately, within a bound, at the price of one look-up."""

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """A mapping of at most `bound` entries (2 at least). Any number of threads may use it.

    It keeps two generations. When the younger is full it becomes the older one, and what that held is forgotten unless
    it was used meanwhile. Threads may race: the worst is that an entry is forgotten early.
    """

    def __init__(self, bound: int) -> None:
        self._half = max(1, bound // 2)
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def __len__(self) -> int:
        """Return how many entries are held."""
        return len(self._young) + len(self._old)

    def get(self, key: K) -> V | None:
        """Return what was put under `key`, unless it is forgotten."""
        found = self._young.get(key)
        if found is None:
            found = self._old.pop(key, None)
            if found is not None:
                self.put(key, found)
        return found

    def put(self, key: K, value: V) -> None:
        """Remember `value`, which is not None."""
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[key] = value
