"""Writes the publication into the operator's namespace: shards, then the head; and removes what nobody names any more.

Every replacement of the head carries the version of this process's own last write, so a leader that was paused past its
Lease is refused by the API server, whatever it believes. Nothing is retried here: after a failure the next publication
begins with what lies there, and a write whose outcome is unknown is looked up before the next.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from accredit_extauthz.contract.codec import content_digest, digest
from accredit_extauthz.contract.publication import ANCHOR_NAME, BEAT_NAME, HEAD_NAME, PART, Beat
from accredit_extauthz.contract.snapshot import Head
from accredit_operator.blocking import Blocking
from accredit_operator.ports import (
    CONFIG_MAPS,
    Clock,
    Cluster,
    ClusterError,
    Conflict,
    Log,
    NotFound,
    Stored,
    TransientError,
)
from accredit_operator.publication import (
    Lying,
    NewShard,
    beat_document,
    head_document,
    is_superseded,
    names_the_same,
    next_sequence,
    plan,
    read_head,
    read_lying,
    shard_document,
)

KEPT_S = 60  # a shard outlives the last head that named it by this long: a slow replica may be reading it

_NS_PER_S = 1_000_000_000
_AT_ONCE = 8  # shards written side by side


class Fenced(Exception):
    """Another process writes the head, or may: this one must end."""


@dataclass(frozen=True, slots=True)
class Published:
    """What the head names. `is_new` tells whether this call wrote it."""

    sequence: int
    digest: str
    is_new: bool
    shards_written: int = 0


@dataclass(frozen=True, slots=True)
class Publishing:
    """What a publisher works with."""

    cluster: Cluster
    clock: Clock
    log: Log
    namespace: str
    identity: str
    is_leading: Callable[[], bool]
    blocking: Blocking


class Publisher:
    """The one writer of a namespace's publication. Lives on one loop."""

    def __init__(self, publishing: Publishing) -> None:
        self._with = publishing
        self._writing = asyncio.Lock()
        self._anchor: Stored | None = None
        self._own: Stored | None = None  # the head's ConfigMap as we wrote it last; None: there is none
        self._head: Head | None = None
        self._is_unsure = False  # whether our last write of the head took effect is not known
        self._must_rewrite = False
        self._last = 0  # the highest sequence that was ever used here, successfully or not
        self._lying: dict[str, str] = {}  # digest -> name of each shard that can be named
        self._unnamed_ns: dict[str, int] = {}  # since when no head names a shard; monotonic
        self._digests: dict[str, tuple[bytes, str]] = {}  # bucket -> bytes and their digest
        self._beat: Stored | None = None

    @property
    def sequence(self) -> int:
        """The sequence of the head that stands there; 0 before the first."""
        return self._head.sequence if self._head is not None else 0

    async def take_over(self) -> Lying:
        """Make the head ours, before anything else is done, and return what lies there. Raises ClusterError, Fenced."""
        w = self._with
        async with self._writing:
            self._anchor = await self._find_anchor()
            listing = await w.blocking(w.cluster.list_all, CONFIG_MAPS, namespace=w.namespace, label=PART)
            lying = read_lying(listing.items)
            held = read_head(lying.head) if lying.head is not None else None
            self._last, self._lying, self._beat = lying.last_sequence, lying.nameable(held), lying.beat
            self._own = lying.head
            if lying.head is not None and held is not None:
                await self._put_head(msgspec.structs.replace(held, writer=w.identity))
            self._must_rewrite = lying.head is not None and held is None
        return lying

    async def publish(self, shards: Mapping[str, bytes], above: int = 0) -> Published:
        """Return when the head names these shards, with a sequence of at least `above`. Raises ClusterError, Fenced."""
        async with self._writing:
            if self._is_unsure:
                await self._find_out()
            wanted = self._digested(shards)
            sequence = next_sequence(max(self._last, above), self._with.clock.now_ns())
            planned = plan(self._lying, wanted, writer=self._with.identity, sequence=sequence)
            current = self._head
            stands = current is not None and names_the_same(current, planned.head) and current.sequence >= above
            if current is not None and stands and not self._must_rewrite:
                return Published(current.sequence, content_digest(current), is_new=False)
            self._last = sequence
            await self._write_shards(planned.shards)
            await self._put_head(planned.head)
            self._must_rewrite = False
            return Published(sequence, content_digest(planned.head), is_new=True, shards_written=len(planned.shards))

    async def check_head(self) -> bool:
        """Whether the head still stands as we wrote it. If not, the next publication goes above what stands there."""
        w, own = self._with, self._own
        if self._writing.locked() or self._is_unsure:
            return True
        try:
            found: Stored | None = await w.blocking(w.cluster.read, CONFIG_MAPS, w.namespace, HEAD_NAME)
        except NotFound:
            found = None
        if self._own is not own or self._writing.locked():
            return True  # written again while it was read
        if (found and found.resource_version) == (own and own.resource_version):
            return True
        self._own, self._must_rewrite = found, True
        foreign = read_head(found) if found is not None else None
        self._last = max(self._last, foreign.sequence if foreign is not None else 0)
        what = "is gone" if found is None else "is not as it was written"
        w.log.say("error", f"the published head {what}; publishing above it", sequence=self._last)
        return False

    async def sweep(self) -> bool:
        """Delete the shards that no head has named for KEPT_S. Return whether the named ones are all sound."""
        w, own, head = self._with, self._own, self._head
        listing = await w.blocking(w.cluster.list_all, CONFIG_MAPS, namespace=w.namespace, label=PART)
        if self._own is not own or head is None or self._writing.locked():
            return True  # the list may be from before what was written meanwhile
        lying = read_lying(listing.items)
        is_sound = all(digest(lying.content_of(name) or b"") == sha for name, sha in head.shards.items())
        self._lying = lying.nameable(head)
        if not is_sound:
            self._must_rewrite = True
            w.log.say("error", "a published shard is missing or not as it was written; publishing it again")
        doomed = self._doomed(lying, head)
        gone = {stored.name for stored in doomed}
        self._lying = {sha: name for sha, name in self._lying.items() if name not in gone}
        for stored in doomed:
            await self._delete(stored)
        return is_sound

    async def beat(self) -> None:
        """Say that what is published is the newest. Raises ClusterError."""
        w, head = self._with, self._head
        if head is None or not w.is_leading():
            return
        beat = Beat(writer=w.identity, sequence=head.sequence, written_at=w.clock.now_ns() / _NS_PER_S)
        version = self._beat.resource_version if self._beat is not None else ""
        document = beat_document(w.namespace, beat, self._anchor, version)
        try:
            self._beat = await w.blocking(w.cluster.replace if version else w.cluster.create, CONFIG_MAPS, document)
        except (Conflict, NotFound):
            self._beat = await self._find(BEAT_NAME)

    async def _find(self, name: str) -> Stored | None:
        w = self._with
        try:
            return await w.blocking(w.cluster.read, CONFIG_MAPS, w.namespace, name)
        except NotFound:
            return None

    async def _find_anchor(self) -> Stored | None:
        return await self._find(ANCHOR_NAME)

    def _digested(self, shards: Mapping[str, bytes]) -> dict[str, tuple[str, bytes]]:
        """Return digest and bytes of each bucket; only those that have changed are digested."""
        known = self._digests
        self._digests = {}
        for bucket, content in shards.items():
            held = known.get(bucket)
            is_same = held is not None and held[0] is content
            self._digests[bucket] = held if held is not None and is_same else (content, digest(content))
        return {bucket: (sha, content) for bucket, (content, sha) in self._digests.items()}

    async def _write_shards(self, shards: tuple[NewShard, ...]) -> None:
        slots = asyncio.Semaphore(_AT_ONCE)

        async def write(shard: NewShard) -> None:
            w = self._with
            async with slots:
                self._check_leading()
                document = shard_document(w.namespace, shard, self._anchor)
                await w.blocking(w.cluster.create, CONFIG_MAPS, document)
                self._lying[shard.digest] = shard.name

        for outcome in await asyncio.gather(*map(write, shards), return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome

    async def _put_head(self, head: Head) -> None:
        w, own = self._with, self._own
        self._check_leading()
        document = head_document(w.namespace, head, self._anchor, own.resource_version if own is not None else "")
        self._is_unsure = True  # until the answer says otherwise
        try:
            self._own = await w.blocking(
                w.cluster.replace if own is not None else w.cluster.create, CONFIG_MAPS, document
            )
        except Conflict as error:
            # A leader that took over has put its name into the head. One that still bears ours was restored by hand.
            await self._find_out()
            self._must_rewrite = True
            raise TransientError(f"the head was changed while it was being written: {error}") from error
        except NotFound as error:
            self._own, self._is_unsure = None, False
            raise TransientError(f"the head is gone: {error}") from error
        self._is_unsure = False
        self._note_names(head)
        self._head = head

    def _note_names(self, head: Head) -> None:
        now_ns = self._with.clock.ticks_ns()
        for name in (self._head.shards if self._head is not None else {}).keys() - head.shards.keys():
            self._unnamed_ns[name] = now_ns
        for name in head.shards:
            self._unnamed_ns.pop(name, None)

    async def _find_out(self) -> None:
        """Learn whether our last write of the head took effect."""
        found = await self._find(HEAD_NAME)
        head = read_head(found) if found is not None else None
        if found is not None and (head is None or head.writer != self._with.identity):
            raise Fenced(f"another process has written the head: {head.writer if head is not None else 'unreadable'}")
        self._own, self._is_unsure = found, False
        if head is None:
            self._must_rewrite = True
        else:
            self._note_names(head)
            self._head = head

    def _doomed(self, lying: Lying, head: Head) -> tuple[Stored, ...]:
        now_ns = self._with.clock.ticks_ns()
        unnamed = [stored for name, stored in lying.shards.items() if is_superseded(name, head)]
        self._unnamed_ns = {stored.name: self._unnamed_ns.get(stored.name, now_ns) for stored in unnamed}
        return tuple(one for one in unnamed if now_ns - self._unnamed_ns[one.name] >= KEPT_S * _NS_PER_S)

    async def _delete(self, stored: Stored) -> None:
        w = self._with
        self._check_leading()
        try:
            await w.blocking(w.cluster.delete, CONFIG_MAPS, w.namespace, stored.name, uid=stored.uid)
        except (NotFound, Conflict):
            pass  # gone, or another object of that name: neither is ours to delete
        except ClusterError as error:
            w.log.say("warning", "an old shard could not be deleted yet", shard=stored.name, cause=str(error))

    def _check_leading(self) -> None:
        if not self._with.is_leading():
            raise Fenced("the Lease is not ours any more")
