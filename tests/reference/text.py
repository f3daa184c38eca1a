"""What subjects, scopes and claim names may be (api.md §2)."""

import unicodedata
from typing import Any

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def is_subject(value: Any) -> bool:
    return isinstance(value, str) and value != "" and not any(unicodedata.category(c) in _HIDDEN for c in value)


def is_scope(text: Any) -> bool:
    """RFC 6749 §3.3: 1*( %x21 / %x23-5B / %x5D-7E )."""
    return isinstance(text, str) and text != "" and all("!" <= c <= "~" and c not in '"\\' for c in text)


def claim(claims: Any, name: str | None) -> Any:
    """The value under a top-level name, or at a JSON Pointer (RFC 6901). None when it is not there."""
    if name is None:
        return None
    if not name.startswith("/"):
        return claims.get(name)
    value = claims
    for step in name[1:].split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(value, dict) or key not in value:
            return None
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
