"""What subjects, scopes and claim names may be (api.md §2)."""

import unicodedata
from typing import Any

ABSENT = object()  # told apart from a claim that is null
MAX_TEXT = 256
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def has_hidden(text: str) -> bool:
    return any(unicodedata.category(character) in _HIDDEN for character in text)


def is_subject(value: Any) -> bool:
    """Text of 1 to 256 characters (the bound of every string in the kinds), none of them hidden."""
    return isinstance(value, str) and 0 < len(value) <= MAX_TEXT and not has_hidden(value)


def is_scope(text: Any) -> bool:
    """RFC 6749 §3.3: 1*( %x21 / %x23-5B / %x5D-7E )."""
    return isinstance(text, str) and text != "" and all("!" <= c <= "~" and c not in '"\\' for c in text)


def claim(claims: Any, name: str | None) -> Any:
    """The value under a top-level name, or at a JSON Pointer (RFC 6901). ABSENT when it is not there."""
    if name is None:
        return ABSENT
    if not name.startswith("/"):
        return claims.get(name, ABSENT)
    value = claims
    for step in name[1:].split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(value, dict) or key not in value:
            return ABSENT
        value = value[key]
    return value


def is_under_ceiling(scope: str, ceiling: tuple[str, ...]) -> bool:
    for entry in ceiling:
        if entry.endswith("*"):
            if scope.startswith(entry[:-1]) and len(scope) > len(entry) - 1:
                return True
        elif scope == entry:
            return True
    return False


def is_named(name: str, patterns: tuple[str, ...]) -> bool:
    for pattern in patterns:
        if pattern.endswith("*"):
            if name.startswith(pattern[:-1]):
                return True
        elif name == pattern:
            return True
    return False
