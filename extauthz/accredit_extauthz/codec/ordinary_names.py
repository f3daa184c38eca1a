"""Remembers header names that need no second look: the same few dozen come with nearly every request."""

from collections.abc import Iterable

MAX_NAMES = 4096
MAX_LENGTH = 64  # characters of a name that is worth remembering


class OrdinaryNames:
    """Names that are in lower case and pretend nothing. Bounded, for clients may send any; once full it stays so."""

    def __init__(self) -> None:
        self._names: set[str] = set()

    def issuperset(self, names: Iterable[str]) -> bool:
        """Whether every one of `names` is known."""
        return self._names.issuperset(names)

    def add(self, names: Iterable[str]) -> None:
        """Take in names that pretend nothing, those of them that are worth it."""
        for name in names:
            if len(self._names) < MAX_NAMES and len(name) <= MAX_LENGTH and name == name.lower():
                self._names.add(name)
