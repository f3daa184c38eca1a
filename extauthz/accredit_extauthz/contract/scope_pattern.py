"""Scopes (RFC 6749 §3.3) and the ceilings that bound them: a literal, or one trailing `*` after `:`, `.` or `/`."""

import re
from collections.abc import Iterable

import msgspec

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_STAR_FOLLOWS = frozenset(":./")


class ScopePattern(msgspec.Struct, frozen=True):
    """A parsed ceiling entry: `literal`, or every scope that starts with `prefix` and is longer than it."""

    text: str
    prefix: str | None  # None for a literal


def is_scope(text: str) -> bool:
    """Whether `text` is one scope-token of RFC 6749 §3.3."""
    return _SCOPE.fullmatch(text) is not None


def parse_scope_pattern(text: str) -> ScopePattern | None:
    """Return the ceiling that `text` spells, or None when it is no scope or its star is misplaced."""
    if not is_scope(text):
        return None
    if "*" not in text:
        return ScopePattern(text, None)
    prefix = text[:-1]
    if text[-1] != "*" or "*" in prefix or not prefix or prefix[-1] not in _STAR_FOLLOWS:
        return None
    return ScopePattern(text, prefix)


class Ceiling(msgspec.Struct, frozen=True):
    """All that an agent may use. Asking costs the same however many entries it has; an empty one covers nothing."""

    literals: frozenset[str]
    prefixes: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.literals or self.prefixes)

    def covers(self, scope: str) -> bool:
        """Whether `scope` lies under one of the entries. A `*` in `scope` is an ordinary character."""
        # Without its last character, because a prefix does not match itself.
        return scope in self.literals or scope[:-1].startswith(self.prefixes)


def parse_ceiling(texts: Iterable[str]) -> Ceiling:
    """Return the ceiling of these entries. What is no entry covers nothing."""
    patterns = [pattern for text in texts if (pattern := parse_scope_pattern(text)) is not None]
    return Ceiling(
        literals=frozenset(pattern.text for pattern in patterns if pattern.prefix is None),
        prefixes=tuple(pattern.prefix for pattern in patterns if pattern.prefix is not None),
    )
