"""Makes once what many decisions have alike, such as the encoded names of their chain."""

from collections.abc import Callable, Hashable
from typing import Generic, ParamSpec, TypeVar

from accredit_extauthz.serve.recent import Recent

P = ParamSpec("P")
V = TypeVar("V")


class Alike(Generic[P, V]):
    """Calls `make`, or answers as it did for the same key, of which it remembers `bound` at most.

    `key` returns all that the value depends on, or None for what is made anew each time.
    """

    def __init__(self, key: Callable[P, Hashable | None], make: Callable[P, V], bound: int) -> None:
        self._key = key
        self._make = make
        self._recent: Recent[Hashable, V] = Recent(bound)

    def __len__(self) -> int:
        """Return how many values are held."""
        return len(self._recent)

    def __call__(self, *asked: P.args, **named: P.kwargs) -> V:
        """Return the value, which is not None."""
        key = self._key(*asked, **named)
        if key is None:
            return self._make(*asked, **named)
        found = self._recent.get(key)
        if found is None:
            found = self._make(*asked, **named)
            self._recent.put(key, found)
        return found
