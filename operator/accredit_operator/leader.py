"""What a process does while it leads: take over, list, then publish whatever changes. Lives on one loop.

Nothing is published before every kind was listed, nor while one cannot be seen. After a failure the next attempt begins
from what is known then; what is published stays.
"""

import asyncio
import gc
import traceback
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, TypeVar

from accredit_operator.backoff import Backoff
from accredit_operator.compile.compiler import Compiler
from accredit_operator.components import Components
from accredit_operator.following import Difference, Found
from accredit_operator.inbox import Batch
from accredit_operator.periodic import Periodic
from accredit_operator.ports import DECLARED, ClusterError, Document, TransientError
from accredit_operator.publisher import Fenced, Published
from accredit_operator.world import Kind, ObjectKey

_NS_PER_S = 1_000_000_000
_SETTLING_S = 0.4  # a status waits this long after a publication, and then mostly says that it is programmed
_KINDS = {collection: kind for kind, collection in DECLARED.items()}

ResultT = TypeVar("ResultT")


class Watches(Protocol):
    """What fills the inbox."""

    def start(self) -> None:
        """Begin; returns at once."""

    def restart(self) -> None:
        """Begin anew, soon: something is missed. Returns at once."""

    def stop(self) -> None:
        """Return when nothing comes any more."""


class Leader:
    """One leader's work, from take-over to the end of the process."""

    def __init__(self, components: Components, watch: Callable[[Callable[[str], None]], Watches]) -> None:
        self._at = components
        self._loop = asyncio.get_running_loop()
        self._compiler = Compiler(components.surroundings.premises)
        self._watches = watch(self._watches_fell)
        self._periodic = Periodic(components, found=self._on_found, rewatch=self._watches.restart)
        self._backoff = Backoff(first_s=0.1, last_s=5.0)
        self._touched: set[ObjectKey] = set()
        self._since_ns: int | None = None  # when the oldest change that is not published came
        self._is_published = False
        self._said: object = None  # the trouble that the log has already

    @property
    def is_ready(self) -> bool:
        """Whether the snapshot is published, and every kind is seen."""
        return self._is_published and not self._at.resync.unseen

    @property
    def is_alive(self) -> bool:
        """Whether the watches bring what happens."""
        return not self._periodic.is_blind

    async def run(self) -> None:
        """Publish, and go on. Raises Fenced; returns never."""
        at = self._at
        self._watches.start()
        lying = await self._insist(at.publisher.take_over)
        await self._insist(self._list_first)
        at.keys.remember(lying, at.following.world, self._issuer_statuses())
        await self._periodic.call_roll_if_possible()
        at.inbox.ask()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._publish_on(), name="publish")
            group.create_task(at.status_writer.work(), name="status")
            self._periodic.start(group)

    async def close(self) -> None:
        """Stop what run has started beside its own tasks."""
        await asyncio.to_thread(self._watches.stop)
        await self._at.close()

    async def _publish_on(self) -> None:
        is_due = False
        while True:
            batch = await self._at.inbox.batch()
            is_due = self._take(batch) or is_due
            if is_due and not self._is_frozen():
                is_due = not await self._attempt()

    def _take(self, batch: Batch) -> bool:
        """Take events in; return whether a compilation is due."""
        self._periodic.on_events((one.collection, (one.stored.namespace, one.stored.name)) for one in batch.arrivals)
        changed = self._at.following.on_events((one.collection, one.stored, one.is_gone) for one in batch.arrivals)
        contents = [found for found, difference in changed.items() if difference is Difference.CONTENT]
        self._touch(contents)
        for found, difference in changed.items():
            if difference is Difference.STATUS and found[0] in _KINDS:
                self._at.status_writer.mark(_key(found))
        if contents and self._since_ns is None:
            self._since_ns = batch.since_ns
        return bool(contents) or batch.is_asked

    def _touch(self, found: Iterable[Found]) -> None:
        self._touched.update(_key(one) for one in found if one[0] in _KINDS)

    def _on_found(self, found: Iterable[Found]) -> None:
        """Hear what a list has brought and no event had."""
        self._touch(found)
        self._at.inbox.ask()

    def _is_frozen(self) -> bool:
        unseen = self._at.resync.unseen
        if unseen:
            self._say("error", "publication is frozen: a kind cannot be seen; what is published stays", unseen.values())
        return bool(unseen)

    async def _attempt(self) -> bool:
        """Compile and publish. Return whether that is done; if not, another attempt is on its way or would not help."""
        surroundings, began_ns, touched = (
            self._at.surroundings,
            self._at.surroundings.clock.ticks_ns(),
            frozenset(self._touched),
        )
        since_ns, self._since_ns = self._since_ns, None
        kinds = {str(key.kind) for key in touched}
        try:
            published = await self._publish(touched)
        except ClusterError as error:
            self._since_ns = since_ns
            self._retry(error)
            surroundings.metrics.reconciled("failed", surroundings.clock.ticks_ns() - began_ns, kinds)
            return False
        except Fenced:
            raise
        except Exception:  # noqa: BLE001 - whatever it is, what is published stays and the loop goes on
            self._say("error", "the snapshot cannot be compiled; the last good one stays", [traceback.format_exc()])
            surroundings.metrics.reconciled("failed", surroundings.clock.ticks_ns() - began_ns, kinds)
            return True
        self._done(published, touched, since_ns)
        surroundings.metrics.reconciled("success", surroundings.clock.ticks_ns() - began_ns, kinds)
        return True

    async def _publish(self, touched: frozenset[ObjectKey]) -> Published:
        at = self._at
        world = at.following.world
        at.keys.follow(world)
        compiled = self._compiler.compile(world, at.keys.keys())
        gone = at.ledger.on_compiled(compiled, touched, at.surroundings.now())
        at.surroundings.metrics.forget(gone)
        highest = at.ledger.roll.highest
        return await at.publisher.publish(compiled.shards, highest + 1 if highest > at.publisher.sequence else 0)

    def _done(self, published: Published, touched: frozenset[ObjectKey], since_ns: int | None) -> None:
        at = self._at
        self._touched -= touched
        if not self._is_published:
            # What was read first mostly stays: the collector need not walk through it again and again.
            gc.collect()
            gc.freeze()
        self._is_published = True
        self._said = None
        self._backoff.calm()
        for key in at.ledger.on_published(published.sequence):
            at.status_writer.mark(key, _SETTLING_S)
        if published.is_new:
            self._periodic.on_published(published.sequence, since_ns)
            at.surroundings.log.say(
                "info",
                "snapshot published",
                sequence=published.sequence,
                digest=published.digest,
                shards_written=published.shards_written,
            )

    def _retry(self, error: ClusterError) -> None:
        wait_s = self._backoff.wait_s(error.retry_after_s if isinstance(error, TransientError) else None)
        self._say("error", "the snapshot cannot be published yet; the last one stays", [str(error)])
        self._loop.call_later(wait_s, self._at.inbox.ask)

    async def _insist(self, attempt: Callable[[], Awaitable[ResultT]]) -> ResultT:
        while True:
            try:
                result = await attempt()
            except ClusterError as error:
                self._say("error", "what is needed for the first publication cannot be read yet", [str(error)])
                await asyncio.sleep(self._backoff.wait_s())
                continue
            self._backoff.calm()
            return result

    async def _list_first(self) -> None:
        self._touch(await self._at.resync.list_all())
        if self._at.resync.trouble:
            raise TransientError("; ".join(self._at.resync.trouble.values()))

    def _issuer_statuses(self) -> dict[str, Document]:
        following = self._at.following
        keys = [key for key in following.world.objects if key.kind is Kind.TRUSTED_ISSUER]
        return {key.name: seen.status for key in keys if (seen := following.seen(key)) is not None}

    def _watches_fell(self, reason: str) -> None:
        """Hear, in another thread, that the watches begin anew: what was deleted meanwhile has to be found."""
        self._at.surroundings.log.say("warning", "the watches ended and begin again", cause=reason)
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._periodic.relist_soon)

    def _say(self, level: str, event: str, causes: Iterable[str]) -> None:
        """Say what is wrong, once for the same trouble."""
        said = (event, tuple(causes))
        if self._said != said:
            self._said = said
            for cause in said[1]:
                self._at.surroundings.log.say(level, event, cause=cause)


def _key(found: Found) -> ObjectKey:
    collection, (namespace, name) = found
    return ObjectKey(_KINDS[collection], namespace, name)
