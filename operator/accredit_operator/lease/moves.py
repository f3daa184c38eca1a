"""What a candidate does next, from what it saw of the Lease and for how long it has seen it. Pure.

Clocks of different machines are never compared. A candidate counts on its own monotonic clock how long a record has
stood unchanged before its eyes, and takes it over after the holder's whole duration. A holder stops earlier: at its
renewal deadline, counted from before it sent its last renewal. What lies between the two keeps their terms apart.
"""

from dataclasses import dataclass
from enum import StrEnum

from accredit_operator.lease.record import LeaseRecord

_NS_PER_S = 1_000_000_000
_MAX_DURATION_S = 3600  # a longer promise is a mistake, and would lock everyone out


@dataclass(frozen=True, slots=True)
class Terms:
    """The three times of an election, in seconds. Raises ValueError where they cannot keep two terms apart."""

    duration_s: int = 15
    renew_within_s: float = 10.0
    retry_s: float = 2.0

    def __post_init__(self) -> None:
        if not 0 < self.retry_s < self.renew_within_s < self.duration_s:
            raise ValueError(f"{self}: write retry_s < renew_within_s < duration_s")

    @property
    def renew_within_ns(self) -> int:
        """The renewal deadline in nanoseconds."""
        return int(self.renew_within_s * _NS_PER_S)


@dataclass(frozen=True, slots=True)
class Sighting:
    """The Lease as last seen. `record` is None when there was none."""

    record: LeaseRecord | None
    resource_version: str
    since_ns: int  # monotonic; when it was first seen like this

    def followed_by(self, seen: "Sighting") -> "Sighting":
        """Return `seen`, but with the time since which nothing has changed.

        Any new version counts as a renewal, so a holder whose wall clock stands still is not taken for dead.
        """
        is_same = (self.record, self.resource_version) == (seen.record, seen.resource_version)
        return self if is_same else seen


class Move(StrEnum):
    """What to do with the Lease now."""

    CREATE = "create"  # there is none
    TAKE = "take"  # it was released, or its holder has been silent for its whole duration
    RENEW = "renew"  # it is ours
    WAIT = "wait"  # it is another's


def next_move(sighting: Sighting, identity: str, now_ns: int, terms: Terms) -> Move:
    """Return the move of `identity`. `now_ns` is monotonic, of the clock that timed the sighting."""
    record = sighting.record
    if record is None:
        return Move.CREATE
    if record.holder == identity:
        return Move.RENEW
    if not record.holder or now_ns - sighting.since_ns >= _patience_s(record, terms) * _NS_PER_S:
        return Move.TAKE
    return Move.WAIT


def _patience_s(record: LeaseRecord, terms: Terms) -> int:
    """Return how long a silent holder is left alone: as long as it asked for, within reason."""
    return record.duration_s if 0 < record.duration_s <= _MAX_DURATION_S else terms.duration_s
