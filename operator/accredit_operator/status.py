"""What an object's status should say: from its verdict, and from what the replicas serve. Pure.

Accepted: it was compiled as written. Programmed: every live replica serves a snapshot with this generation; once it was
so it stays. Ready: both, and the object itself is not switched off.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec

from accredit_operator.compile.verdict import Verdict
from accredit_operator.conditions import Condition, Status, merge
from accredit_operator.ports import Document
from accredit_operator.programming import Carried
from accredit_operator.replicas import Roll

ACCEPTED, PROGRAMMED, READY, KEYS_FETCHED = "Accepted", "Programmed", "Ready", "KeysFetched"

_OURS = frozenset({ACCEPTED, PROGRAMMED, READY, KEYS_FETCHED})
_MAX_MESSAGE = 4096  # a status holds four, of thousands of objects


@dataclass(frozen=True, slots=True)
class KeyReport:
    """What an issuer's status says of its keys."""

    condition: Condition
    key_ids: tuple[str, ...]
    fetched_at: int | None  # Unix seconds; None where they are written inline


@dataclass(frozen=True, slots=True)
class Occasion:
    """What is known when a status is drawn up."""

    verdict: Verdict
    carried: Carried | None
    roll: Roll
    now: int  # Unix seconds
    keys: KeyReport | None = None


@dataclass(frozen=True, slots=True)
class Flip:
    """A condition whose status is another than before."""

    condition: Condition


def desired_status(occasion: Occasion, old: Document) -> Document:
    """Return the whole status. Conditions that others wrote stay; times move only where a status does."""
    verdict = occasion.verdict
    programmed = _programmed(occasion)
    drawn = [verdict.accepted_condition(), programmed, _ready(occasion, programmed)]
    drawn += [occasion.keys.condition] if occasion.keys is not None else verdict.conditions
    before = read_conditions(old)
    conditions = merge(before, map(_cut, drawn), instant(occasion.now))
    foreign = tuple(one for one in before if one.type not in _OURS)
    status: dict[str, object] = {
        "observedGeneration": verdict.generation,
        "conditions": [msgspec.to_builtins(one) for one in (*conditions, *foreign)],
    }
    if occasion.keys is not None:
        status["keyIDs"] = list(occasion.keys.key_ids)
        if occasion.keys.fetched_at is not None:
            status["lastFetchTime"] = instant(occasion.keys.fetched_at)
    return status


def flips(old: Document, new: Document) -> tuple[Flip, ...]:
    """Return the conditions that have flipped. What is as it should be from the beginning is no flip, but for Ready."""
    before = {one.type: one.status for one in read_conditions(old)}
    expected = {READY: Status.UNKNOWN}
    return tuple(
        Flip(one)
        for one in read_conditions(new)
        if one.status != before.get(one.type, expected.get(one.type, Status.TRUE))
    )


def is_ready(status: Document) -> bool:
    """Whether the Ready condition is True."""
    return any(one.type == READY and one.status is Status.TRUE for one in read_conditions(status))


def is_programmed(status: Document, generation: int) -> bool:
    """Whether a status says that this generation is programmed."""
    return any(
        one.type == PROGRAMMED and one.status is Status.TRUE and one.observed_generation == generation
        for one in read_conditions(status)
    )


def read_conditions(status: Document) -> tuple[Condition, ...]:
    """Return the conditions in a status; those that cannot be read are left out."""
    written = status.get("conditions")
    return tuple(_read(written if isinstance(written, list) else ()))


def instant(now: int) -> str:
    """Return Unix seconds as RFC 3339."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(written: Iterable[object]) -> Iterable[Condition]:
    for one in written:
        try:
            yield msgspec.convert(one, Condition)
        except msgspec.ValidationError:
            continue


def _programmed(occasion: Occasion) -> Condition:
    carried, alive = occasion.carried, len(occasion.roll.alive)
    if carried is not None and carried.is_programmed:
        status, reason, message = Status.TRUE, PROGRAMMED, "every live replica serves it"
    elif carried is None:
        status, reason, message = Status.FALSE, "Unpublished", "it is not in the published snapshot yet"
    elif alive == 0:
        status, reason, message = Status.FALSE, "NoReplicas", "no replica of accredit-extauthz is alive"
    else:
        behind = [replica.name for replica in occasion.roll.alive if replica.sequence < carried.sequence]
        status, reason = Status.FALSE, "Pending"
        message = f"{len(behind)} of {alive} replicas do not serve it yet"
    return _condition(PROGRAMMED, status, reason, message, occasion.verdict)


def _ready(occasion: Occasion, programmed: Condition) -> Condition:
    status, reason, message = occasion.verdict.readiness(occasion.now)
    if status is Status.TRUE and programmed.status is not Status.TRUE:
        status, reason, message = Status.FALSE, programmed.reason, programmed.message
    return _condition(READY, status, reason, message, occasion.verdict)


def _condition(kind: str, status: Status, reason: str, message: str, verdict: Verdict) -> Condition:
    return Condition(type=kind, status=status, reason=reason, message=message, observed_generation=verdict.generation)


def _cut(condition: Condition) -> Condition:
    if len(condition.message) <= _MAX_MESSAGE:
        return condition
    return msgspec.structs.replace(condition, message=condition.message[: _MAX_MESSAGE - 1] + "…")


def is_up_to_date(old: Document, new: Mapping[str, object]) -> bool:
    """Whether a status says all of `new` already."""
    return all(old.get(member) == value for member, value in new.items())
