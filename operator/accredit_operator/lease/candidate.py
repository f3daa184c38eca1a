"""One process in the election: it looks at the Lease, moves, and knows at every moment whether it leads."""

import threading
from dataclasses import dataclass, field
from enum import StrEnum

from accredit_operator.lease.moves import Move, Sighting, Terms, next_move
from accredit_operator.lease.record import LeaseRecord, lease_document, read_record
from accredit_operator.ports import LEASES, Clock, Cluster, ClusterError, Conflict, Log, NotFound, Stored


class Standing(StrEnum):
    """Where a candidate stands."""

    WAITING = "waiting"
    LEADING = "leading"
    OVER = "over"  # it led and does not any more, or has withdrawn; it never leads again


@dataclass(slots=True)
class Candidate:
    """Steps may come from any thread; they wait for each other. A step ends within the time of two calls."""

    cluster: Cluster
    clock: Clock
    log: Log
    namespace: str
    name: str
    identity: str  # of this process alone, never used again
    terms: Terms = field(default_factory=Terms)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _sighting: Sighting | None = None
    _own: Stored | None = None  # the Lease as we wrote it last
    _leads_until_ns: int | None = None  # monotonic; None until it leads
    _is_over: bool = False
    _trouble: str = ""  # said already

    @property
    def standing(self) -> Standing:
        """Where it stands now, by its own clock: no answer is waited for."""
        if self._is_over:
            return Standing.OVER
        if self._leads_until_ns is None:
            return Standing.WAITING
        return Standing.LEADING if self.clock.ticks_ns() < self._leads_until_ns else Standing.OVER

    @property
    def leads_for_ns(self) -> int:
        """For how long it still leads if nothing more is heard; 0 when it does not lead."""
        until_ns = self._leads_until_ns
        return 0 if self._is_over or until_ns is None else max(0, until_ns - self.clock.ticks_ns())

    def step(self) -> Standing:
        """Look at the Lease and move, once. Trouble with the API server is said in the log and costs time only."""
        with self._lock:
            self._is_over = self.standing is Standing.OVER
            if not self._is_over:
                self._attempt()
            return self.standing

    def withdraw(self) -> None:
        """Lead no more, and release the Lease so that the next one leads at once. If that fails, it expires."""
        with self._lock:
            self._is_over = True
            try:
                self._release()
            except ClusterError as error:
                self.log.say("warning", "the Lease could not be released and will expire", cause=str(error))

    def _attempt(self) -> None:
        try:
            if self._own is not None:
                self._renew(self._own)
            else:
                self._look_and_move()
            self._trouble = ""
        except ClusterError as error:
            self._say_trouble(error)

    def _renew(self, own: Stored) -> None:
        """Write over our own last version, unseen; whoever wrote since makes that fail."""
        try:
            self._write(read_record(own.document), own.resource_version)
        except (Conflict, NotFound):
            self._own = None
            self._look_and_move()

    def _look_and_move(self) -> None:
        sighting = self._look()
        move = next_move(sighting, self.identity, self.clock.ticks_ns(), self.terms)
        if move is Move.WAIT:
            if self._leads_until_ns is not None:
                self._is_over = True
                self.log.say("error", "the Lease is another's", holder=sighting.record and sighting.record.holder)
            return
        self._write(sighting.record or LeaseRecord(), sighting.resource_version)

    def _look(self) -> Sighting:
        """Read the Lease. The sighting is timed after the answer, so it never makes a holder look older than it is."""
        try:
            stored = self.cluster.read(LEASES, self.namespace, self.name)
            seen = Sighting(read_record(stored.document), stored.resource_version, self.clock.ticks_ns())
        except NotFound:
            seen = Sighting(None, "", self.clock.ticks_ns())
        self._sighting = self._sighting.followed_by(seen) if self._sighting else seen
        return self._sighting

    def _write(self, record: LeaseRecord, resource_version: str) -> None:
        """Write the Lease as ours. The term counts from before the write is sent: it may land at any time after."""
        sent_ns = self.clock.ticks_ns()
        claimed = record.claimed(self.identity, self.terms.duration_s, self.clock.now_ns())
        document = lease_document(self.namespace, self.name, claimed, resource_version)
        self._own = None  # until the answer says otherwise, the write may have landed or not
        write = self.cluster.replace if resource_version else self.cluster.create
        self._own = write(LEASES, document)
        if self._leads_until_ns is None:
            self.log.say("info", "leading", identity=self.identity, transitions=claimed.transitions)
        self._leads_until_ns = sent_ns + self.terms.renew_within_ns

    def _release(self) -> None:
        own = self._own
        self._own = None
        if own is None:
            own = self._found()
        if own is not None and read_record(own.document).holder == self.identity:
            released = read_record(own.document).released()
            self.cluster.replace(LEASES, lease_document(self.namespace, self.name, released, own.resource_version))

    def _found(self) -> Stored | None:
        """Return the Lease as it stands: an attempt to take it may have landed without an answer."""
        try:
            return self.cluster.read(LEASES, self.namespace, self.name)
        except NotFound:
            return None

    def _say_trouble(self, error: ClusterError) -> None:
        if str(error) != self._trouble:
            self._trouble = str(error)
            self.log.say("warning", "the Lease cannot be seen or written", cause=str(error))
