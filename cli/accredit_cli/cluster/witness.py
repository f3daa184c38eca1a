"""Whether every replica serves a cut: by the replicas' own Leases and the snapshot, or by the object's condition.

The Leases are the better witness. Reading them and the snapshot takes rights in Accredit's own namespace; who has none
there reads what the operator says on the object.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from accredit_cli.cluster.publication import NothingPublished, read_published, read_sequence
from accredit_cli.cluster.writes import Written
from accredit_extauthz.contract.publication import PART, REPLICA
from accredit_operator.ports import DECLARED, LEASES, Clock, Cluster, Document, Forbidden, TransientError
from accredit_operator.replicas import Replica, Roll, call_roll
from accredit_operator.status import PROGRAMMED, is_programmed, read_conditions

_PAUSE_S = 0.1
_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Progress:
    """What a witness sees. `said` is one sentence about what is missing, or how many serve it."""

    is_served: bool
    said: str
    sequence: int | None = None  # the first seen to hold the cut; None: not known
    replicas: tuple[Replica, ...] = ()


class Witness(Protocol):
    """Somebody to ask again and again."""

    def look(self) -> Progress:
        """Return what is to be seen now. Raises ClusterError."""


@dataclass(slots=True)
class Leases:
    """Asks the replicas: each reports the sequence that it serves."""

    cluster: Cluster
    home: str
    clock: Clock
    written: Written
    _roll: Roll = field(default_factory=Roll)
    _looked_at: int = 0  # the last sequence whose snapshot was read
    _sequence: int | None = None

    def look(self) -> Progress:
        """Return how many serve the first sequence that holds the cut, or a later one."""
        self._find()
        leases = self.cluster.list_all(LEASES, namespace=self.home, label=f"{PART}={REPLICA}")
        self._roll = call_roll(self._roll, leases.items, self.clock.ticks_ns())
        replicas = self._roll.alive
        if self._sequence is None:
            return Progress(is_served=False, said="the operator has not published it", replicas=replicas)
        if not replicas:
            return Progress(is_served=False, said="no replica reports what it serves", sequence=self._sequence)
        serving = [one for one in replicas if one.sequence >= self._sequence]
        said = f"{len(serving)} of {len(replicas)} replicas serve it"
        return Progress(len(serving) == len(replicas), said, self._sequence, replicas)

    def _find(self) -> None:
        """Read the snapshot when there is another one, until one holds the cut."""
        if self._sequence is not None:
            return
        newest = read_sequence(self.cluster, self.home)
        if newest == self._looked_at:
            return
        try:
            published = read_published(self.cluster, self.home)
        except NothingPublished:
            return
        self._looked_at = published.head.sequence
        if self.written.holds(published.snapshot):
            self._sequence = published.head.sequence


@dataclass(slots=True)
class OwnCondition:
    """Asks the object: the operator says Programmed when every live replica serves its generation."""

    cluster: Cluster
    written: Written

    def look(self) -> Progress:
        """Return what the condition Programmed says of this generation."""
        key = self.written.key
        document = self.cluster.read(DECLARED[key.kind], key.namespace, key.name).document
        status = document.get("status")
        if not isinstance(status, dict):
            return Progress(is_served=False, said="the operator has not spoken of it")
        if is_programmed(status, self.written.generation):
            return Progress(is_served=True, said="every live replica serves it, says its condition Programmed")
        return Progress(is_served=False, said=self._missing(status))

    def _missing(self, status: Document) -> str:
        said = (one for one in read_conditions(status) if one.type == PROGRAMMED)
        found = next((one for one in said if one.observed_generation == self.written.generation), None)
        return "the operator has not seen it" if found is None else found.message


@dataclass(frozen=True, slots=True)
class Waited:
    """What was seen in the end, and how long that took."""

    progress: Progress
    seconds: float


def find_witness(cluster: Cluster, home: str, clock: Clock, written: Written) -> Witness:
    """Return the best witness that this user may ask. Raises ClusterError."""
    leases = Leases(cluster, home, clock, written)
    try:
        leases.look()
    except Forbidden:
        return OwnCondition(cluster, written)
    except TransientError:
        return leases
    return leases


def wait(witness: Witness, clock: Clock, begun_ns: int, within_s: int, pause: Callable[[float], object]) -> Waited:
    """Return once every replica serves it, or after `within_s`. An API server that stumbles is asked again."""
    progress = Progress(is_served=False, said="the API server has not answered")
    while True:
        try:
            progress = witness.look()
        except TransientError as error:
            progress = Progress(is_served=False, said=str(error))
        seconds = (clock.ticks_ns() - begun_ns) / _NS_PER_S
        if progress.is_served or seconds > within_s:
            return Waited(progress, seconds)
        pause(_PAUSE_S)
