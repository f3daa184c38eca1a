"""Results that are kept from one compilation to the next for as long as what they were made from is the same. Pure.

Only functions of immutable values are kept, so a compilation with a memo gives what one without it gives. Looking up is
cheap, because what has not changed is the same object.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

ResultT = TypeVar("ResultT")

_Row = tuple[object, ...]


class Memo:
    """What earlier compilations have made. Each slot belongs to one place in the code."""

    def __init__(self) -> None:
        self._single: dict[str, tuple[_Row, Any]] = {}
        self._many: dict[str, dict[tuple[int, ...], tuple[_Row, Any]]] = {}

    def recall(self, slot: str, made_from: tuple[object, ...], make: Callable[..., ResultT]) -> ResultT:
        """Return `make(*made_from)`: the last one, where it was made from equal values."""
        held = self._single.get(slot)
        if held is None or held[0] != made_from:
            held = self._single[slot] = (made_from, make(*made_from))
        result: ResultT = held[1]
        return result

    def each(self, slot: str, rows: Iterable[tuple[object, ...]], make: Callable[..., ResultT]) -> list[ResultT]:
        """Return `make(*row)` of every row: the last one, where a row of the very same objects was in the last call."""
        held, fresh = self._many.get(slot, {}), {}
        results: list[ResultT] = []
        for row in rows:
            key = tuple(map(id, row))  # the rows are kept, so no other object can have these ids
            made = held.get(key)
            if made is None:
                made = (row, make(*row))
            fresh[key] = made
            results.append(made[1])
        self._many[slot] = fresh
        return results
