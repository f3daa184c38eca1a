"""Scopes (RFC 6749 §3.3) and the ceilings that bound them: a literal, or one trailing `*` after `:`, `.` or `/`."""

import re

import msgspec

_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_STAR_FOLLOWS = frozenset(":./")


class ScopePattern(msgspec.Struct, frozen=True):
    """A parsed ceiling entry: `literal`, or every scope that starts with `prefix` and is longer than it."""

    text: str
    prefix: str | None  # None for a literal

    def matches(self, scope: str) -> bool:
        """Whether `scope` lies under this ceiling. A `*` in `scope` is an ordinary character."""
        if self.prefix is None:
            return scope == self.text
        return len(scope) > len(self.prefix) and scope.startswith(self.prefix)


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
