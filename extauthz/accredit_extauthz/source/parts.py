"""The parts of a publication that are held, and what to make of them: a snapshot to serve, or the last good one. Pure.

Shards, head and beat arrive by lists and events in any order. A snapshot is served only when every shard that one head
names was verified against that head; nothing is ever put together from two heads. Served sequences only rise: a head
that vanishes, cannot be read, or comes back older than the one served changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from accredit_extauthz.contract.codec import (
    SnapshotUnreadable,
    check_format,
    content_digest,
    decode_head,
    join,
    verified_shard,
)
from accredit_extauthz.contract.publication import BEAT, BEAT_NAME, HEAD, HEAD_NAME, SHARD, decode_beat
from accredit_extauthz.contract.snapshot import Head, Shard, Snapshot


@dataclass(frozen=True, slots=True)
class Part:
    """One labelled object: its name, what the label says it is, and its content, None when it has none."""

    name: str
    part: str
    content: bytes | None


class Change(Enum):
    """What an event says of its part."""

    KEPT = "kept"  # added or modified
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Keep:
    """Nothing to do."""


@dataclass(frozen=True, slots=True)
class Confirm:
    """The writer says that the snapshot which is served is the newest."""


@dataclass(frozen=True, slots=True)
class Serve:
    """A verified snapshot, newer than the one served."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Ignore:
    """The head is older than what is served, or another one of the same sequence. Said once for each such head."""

    sequence: int
    serving: int


@dataclass(frozen=True, slots=True)
class Reject:
    """What is published cannot be served; `message` says why. Said once for each cause."""

    message: str


Outcome = Keep | Confirm | Serve | Ignore | Reject
_KEEP = Keep()
_Identity = tuple[int, str]  # a head's sequence, and the digest of what it names


class Parts:
    """Holds the parts, and judges the head after every change of it or of a shard.

    `is_incomplete` is set while the head names a shard that is not held as named: one watch brings a head after its
    shards, so something was missed or is broken, and only a new list can tell which.
    """

    def __init__(self) -> None:
        self.is_incomplete = False
        self._shards: dict[str, bytes] = {}
        self._decoded: dict[str, Shard] = {}  # by digest, so that one change decodes one shard
        self._head: bytes | None = None
        self._beat: bytes | None = None
        self._read: tuple[bytes, Head, str] | None = None  # the head as last read, and its content's digest
        self._offered: _Identity | None = None  # a head is offered once: what could not be built then cannot be now
        self._served: _Identity | None = None
        self._serving: frozenset[str] = frozenset()  # digests of the shards that are served
        self._said: Outcome | None = None

    def on_list(self, parts: Iterable[Part]) -> Outcome:
        """Take a complete list in place of all that is held. Never confirms: what it brings may be old."""
        self._shards.clear()
        self._head = self._beat = None
        for part in parts:
            self._put(part)
        return self._judge()

    def on_event(self, change: Change, part: Part) -> Outcome:
        """Take one event of the watch."""
        if change is Change.GONE:
            return self._judge() if self._drop(part.name) else _KEEP
        self._put(part)
        if part.name == BEAT_NAME:
            return self._confirm()
        return self._judge()

    def mark_served(self, snapshot: Snapshot) -> None:
        """Note that `snapshot`, the one offered last, is served."""
        self._served = (snapshot.sequence, snapshot.digest)
        self._serving = frozenset(self._decoded)

    def agrees_with(self, parts: Iterable[Part]) -> bool:
        """Whether a fresh look at head and beat shows what is held: then the watch missed nothing."""
        found = {part.name: part.content for part in parts}
        return (found.get(HEAD_NAME), found.get(BEAT_NAME)) == (self._head, self._beat)

    def _put(self, part: Part) -> None:
        self._drop(part.name)
        match part.part, part.name:
            case (kind, name) if kind == SHARD:
                self._shards[name] = part.content or b""
            case (kind, name) if (kind, name) == (HEAD, HEAD_NAME):
                self._head = part.content or b""
            case (kind, name) if (kind, name) == (BEAT, BEAT_NAME):
                self._beat = part.content or b""
            case _:
                pass

    def _drop(self, name: str) -> bool:
        """Forget a part; return whether the head has to be judged again."""
        if name == BEAT_NAME:
            self._beat = None
            return False
        if name == HEAD_NAME:
            self._head = None
        self._shards.pop(name, None)
        return True

    def _confirm(self) -> Outcome:
        beat = decode_beat((self._beat or b"").decode(errors="replace"))
        if beat is None or self._served is None or beat.sequence != self._served[0]:
            return _KEEP
        return Confirm()

    def _judge(self) -> Outcome:
        self.is_incomplete = False
        if self._head is None:
            return self._say(Reject("no head is published"))
        try:
            head, content = self._read_head(self._head)
            if self._served is not None and head.sequence <= self._served[0]:
                return self._weigh((head.sequence, content), self._served)
            check_format(head)
        except SnapshotUnreadable as error:
            return self._say(Reject(str(error)))
        return _KEEP if self._offered == (head.sequence, content) else self._assemble(head, content)

    def _assemble(self, head: Head, content: str) -> Outcome:
        named = self._serving.union(head.shards.values())
        self._decoded = {digest: shard for digest, shard in self._decoded.items() if digest in named}
        self.is_incomplete = True
        try:
            shards = [self._shard(name, head.shards[name]) for name in sorted(head.shards)]
        except SnapshotUnreadable as error:
            return self._say(Reject(f"{error} (sequence {head.sequence})"))
        self.is_incomplete = False
        self._said = None
        self._offered = (head.sequence, content)
        self._decoded = {digest: self._decoded[digest] for digest in set(head.shards.values())}
        return Serve(join(head, shards))

    def _weigh(self, head: _Identity, served: _Identity) -> Outcome:
        """Judge a head that is not newer than the one served: what was revoked since must not come back."""
        if head == served:
            self._said = None
            return _KEEP
        return self._say(Ignore(head[0], served[0]))

    def _read_head(self, data: bytes) -> tuple[Head, str]:
        if self._read is None or self._read[0] != data:
            head = decode_head(data)
            self._read = (data, head, content_digest(head))
        return self._read[1:]

    def _shard(self, name: str, wanted: str) -> Shard:
        """Return a shard by its digest: what was verified once needs no second look, wherever it lies now."""
        shard = self._decoded.get(wanted)
        if shard is None:
            shard = self._decoded[wanted] = verified_shard(name, wanted, self._shards.get(name))
        return shard

    def _say(self, outcome: Outcome) -> Outcome:
        if outcome == self._said:
            return _KEEP
        self._said = outcome
        return outcome
