"""The data plane's replicas, as their Leases tell: which are alive, and what each one serves. Pure.

A replica counts for as long as its Lease keeps changing. How long ago it changed is counted on this process's own
clock, from when the change was seen, so clocks of different machines are never compared.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accredit_extauthz.contract.publication import (
    FORMAT,
    REPLICA_LEASE_PREFIX,
    REPLICA_LEASE_S,
    SEQUENCE,
    UNKNOWN_KEYS,
)
from accredit_operator.kinds.times import unix_seconds
from accredit_operator.ports import Stored

ABANDONED_S = 3600  # a replica whose Lease is older is gone for good

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Replica:
    """One replica. `format` is the newest that it reads."""

    name: str
    sequence: int
    format: int
    unknown_keys: Mapping[str, str]  # TrustedIssuer name -> a `kid` that it does not have


@dataclass(frozen=True, slots=True)
class _Sign:
    """A Lease as it was last seen to change."""

    version: str
    since_ns: int


@dataclass(frozen=True, slots=True)
class Roll:
    """Who is alive at a moment, with the signs from which the next roll is called."""

    alive: tuple[Replica, ...] = ()
    signs: Mapping[str, _Sign] | None = None

    @property
    def served(self) -> int | None:
        """The sequence that every live replica serves, or a later one; None without any."""
        return min((replica.sequence for replica in self.alive), default=None)

    @property
    def highest(self) -> int:
        """The highest sequence that any live replica serves."""
        return max((replica.sequence for replica in self.alive), default=0)


def call_roll(before: Roll, leases: Iterable[Stored], now_ns: int) -> Roll:
    """Return who is alive. `now_ns` is monotonic.

    On the first roll a Lease is believed: nothing tells yet how old it is, and a replica that is taken for dead would
    let an object be called Programmed that it does not serve.
    """
    signs: dict[str, _Sign] = {}
    alive: list[Replica] = []
    for lease in leases:
        held = (before.signs or {}).get(lease.name)
        is_same = held is not None and held.version == lease.resource_version
        sign = held if held is not None and is_same else _Sign(lease.resource_version, now_ns)
        signs[lease.name] = sign
        if now_ns - sign.since_ns <= REPLICA_LEASE_S * _NS_PER_S:
            alive.append(read_replica(lease))
    return Roll(tuple(alive), signs)


def is_of_replica(lease: Stored) -> bool:
    """Whether a replica wrote this Lease: also one that has left, and has taken the label off."""
    return lease.name.startswith(REPLICA_LEASE_PREFIX) and SEQUENCE in _annotations(lease)


def abandoned(roll: Roll, leases: Iterable[Stored], now: int) -> tuple[Stored, ...]:
    """Return the Leases of replicas that are gone for good: not alive, and renewed ABANDONED_S ago or earlier.

    `now` is in Unix seconds, and `roll` was called over these same Leases. The age is by two clocks, so it is never
    believed alone: a replica whose clock is wrong still renews, and is alive. An age that cannot be read is none.
    """
    alive = {replica.name for replica in roll.alive}
    return tuple(lease for lease in leases if lease.name not in alive and _age_s(lease, now) >= ABANDONED_S)


def read_replica(lease: Stored) -> Replica:
    """Return what a Lease says. What cannot be read counts as nothing served."""
    annotations = _annotations(lease)
    return Replica(
        name=lease.name,
        sequence=_number(annotations.get(SEQUENCE)),
        format=_number(annotations.get(FORMAT)),
        unknown_keys=_texts(annotations.get(UNKNOWN_KEYS)),
    )


def _annotations(lease: Stored) -> Mapping[str, object]:
    metadata = lease.document.get("metadata")
    said = metadata.get("annotations") if isinstance(metadata, Mapping) else None
    return said if isinstance(said, Mapping) else {}


def _age_s(lease: Stored, now: int) -> int:
    spec = lease.document.get("spec")
    renewed = spec.get("renewTime") if isinstance(spec, Mapping) else None
    try:
        return now - unix_seconds(renewed) if isinstance(renewed, str) else 0
    except ValueError:
        return 0


def _number(text: object) -> int:
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() else 0


def _texts(text: object) -> Mapping[str, str]:
    try:
        value = json.loads(text) if isinstance(text, str) else {}
    except ValueError:
        return {}
    return {str(name): str(kid) for name, kid in value.items()} if isinstance(value, dict) else {}
