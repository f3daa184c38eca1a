"""Finds a claim by the name a TrustedIssuer gives it: with a leading `/` a JSON Pointer, else a member name."""

from collections.abc import Mapping
from typing import Final

ABSENT: Final = object()  # told apart from a claim that is null


def find_claim(claims: Mapping[str, object], name: str) -> object:
    """Return the claim's value, or ABSENT. Arrays are not stepped into (RFC 6901 §4, objects only)."""
    if not name.startswith("/"):
        return claims.get(name, ABSENT)
    value: object = claims
    for token in name[1:].split("/"):
        if not isinstance(value, Mapping):
            return ABSENT
        value = value.get(token.replace("~1", "/").replace("~0", "~"), ABSENT)
    return value


def member_of(name: str) -> str:
    """Return the top-level member in which the claim of this name lies."""
    return name[1:].partition("/")[0].replace("~1", "/").replace("~0", "~") if name.startswith("/") else name


def find_text(claims: Mapping[str, object], name: str | None) -> str | None:
    """Return the claim when it is a non-empty string, else None."""
    value = ABSENT if name is None else find_claim(claims, name)
    return value if isinstance(value, str) and value else None


def find_texts(claims: Mapping[str, object], name: str | None) -> frozenset[str] | None:
    """Return the claim when it is an array of strings, as a set; None when absent or anything else.

    One string is anything else: it may be one name or several with spaces between, and a guess could miss a Deny.
    """
    value = ABSENT if name is None else find_claim(claims, name)
    if isinstance(value, list) and all(isinstance(member, str) for member in value):
        return frozenset(value)
    return None
