"""Conditions of an object's status, as Kubernetes writes them, and how a new set follows an old one. Pure."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec


class Status(StrEnum):
    """The three values of a condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One condition. `last_transition_time` is RFC 3339, empty until it is merged."""

    type: str
    status: Status
    reason: str  # CamelCase
    message: str
    observed_generation: int = 0
    last_transition_time: str = ""


def merge(old: Iterable[Condition], new: Iterable[Condition], now: str) -> tuple[Condition, ...]:
    """Return `new`, each with the time at which its status last changed; `now` where it has changed."""
    known = {condition.type: condition for condition in old}
    return tuple(_follow(known.get(condition.type), condition, now) for condition in new)


def _follow(old: Condition | None, new: Condition, now: str) -> Condition:
    unchanged = old is not None and old.status == new.status and old.last_transition_time
    return msgspec.structs.replace(new, last_transition_time=unchanged or now)
