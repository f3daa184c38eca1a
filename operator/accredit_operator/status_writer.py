"""Writes statuses and Events, apart from all else: however slow or forbidden this is, publication goes on.

An object is marked when something may have changed for it; what its status should say is worked out when its turn
comes, so a burst of changes costs one write. The newest mark goes first, at most RATE a second.
"""

import asyncio
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field

from accredit_operator.blocking import Blocking
from accredit_operator.cluster.events import EventType, Happening, event_document
from accredit_operator.conditions import Status
from accredit_operator.following import Following, Seen
from accredit_operator.ports import (
    DECLARED,
    EVENTS,
    Clock,
    Cluster,
    ClusterError,
    Conflict,
    Document,
    Log,
    NotFound,
    Rejected,
)
from accredit_operator.status import Flip, Occasion, desired_status, flips, is_up_to_date
from accredit_operator.world import ObjectKey

RATE = 20.0  # writes a second, Events included
BURST = 40.0

_NS_PER_S = 1_000_000_000
_AT_ONCE = 4
_AGAIN_S = 0.2
_FIRST_WAIT_S, _LAST_WAIT_S = 0.5, 30.0
_ASLEEP_S = 60.0


@dataclass(slots=True)
class Bucket:
    """Permits RATE writes a second, and BURST at once."""

    clock: Clock
    _tokens: float = BURST
    _at_ns: int = 0

    def take(self) -> float:
        """Take a permit, and return 0; or return how many seconds there is none for."""
        now_ns = self.clock.ticks_ns()
        if self._at_ns:
            self._tokens = min(BURST, self._tokens + (now_ns - self._at_ns) / _NS_PER_S * RATE)
        self._at_ns = now_ns
        if self._tokens < 1:
            return (1 - self._tokens) / RATE
        self._tokens -= 1
        return 0.0


@dataclass(slots=True)
class Marks:
    """The objects whose status may have to change, and from when on. The newest mark is taken first."""

    _due_ns: dict[ObjectKey, int] = field(default_factory=dict)

    def add(self, key: ObjectKey, due_ns: int) -> None:
        """Mark an object, due at a monotonic time. A mark that is due earlier stays so."""
        due_ns = min(due_ns, self._due_ns.pop(key, due_ns))
        self._due_ns[key] = due_ns

    def take(self, now_ns: int) -> ObjectKey | None:
        """Return the newest mark that is due, and forget it."""
        for key in reversed(self._due_ns):
            if self._due_ns[key] <= now_ns:
                del self._due_ns[key]
                return key
        return None

    def ahead_s(self, now_ns: int) -> float:
        """Return the time until a mark is due."""
        return max(0.0, min((due - now_ns for due in self._due_ns.values()), default=_ASLEEP_S * _NS_PER_S) / _NS_PER_S)

    def __len__(self) -> int:
        return len(self._due_ns)


@dataclass(frozen=True, slots=True)
class StatusWriting:
    """What the status_writer works with."""

    cluster: Cluster
    clock: Clock
    log: Log
    blocking: Blocking
    following: Following
    occasion: Callable[[ObjectKey], Occasion | None]  # None for what is gone, or was never compiled
    written: Callable[[ObjectKey, Document], None]  # hears what each status says now
    is_leading: Callable[[], bool]


class StatusWriter:
    """Lives on one loop."""

    def __init__(self, writing: StatusWriting) -> None:
        self._with = writing
        self._marks = Marks()
        self._bucket = Bucket(writing.clock)
        self._wake = asyncio.Event()
        self._wait_s = 0.0
        self._said = ""

    def mark(self, key: ObjectKey, delay_s: float = 0.0) -> None:
        """Ask that an object's status be looked at, after a delay."""
        self._marks.add(key, self._with.clock.ticks_ns() + int(delay_s * _NS_PER_S))
        self._wake.set()

    async def work(self) -> None:
        """Write for as long as there is something to write. Does not return."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_AT_ONCE):
                group.create_task(self._serve())

    async def _serve(self) -> None:
        while True:
            key = self._marks.take(self._with.clock.ticks_ns())
            if key is None:
                await self._rest()
                continue
            try:
                await self._look_at(key)
            except Exception:  # noqa: BLE001 - one object that cannot be written must not stop the others
                self._with.log.say(
                    "error", "a status cannot be worked out", object=str(key), cause=traceback.format_exc()
                )

    async def _rest(self) -> None:
        self._wake.clear()
        ahead_s = self._marks.ahead_s(self._with.clock.ticks_ns())
        try:
            async with asyncio.timeout(max(ahead_s, 0.001)):
                await self._wake.wait()
        except TimeoutError:
            pass

    async def _look_at(self, key: ObjectKey) -> None:
        w = self._with
        seen, occasion = w.following.seen(key), w.occasion(key)
        if seen is None or occasion is None or occasion.verdict.generation != _generation(seen):
            return  # gone, or changed since: the next compilation marks it again
        desired = desired_status(occasion, seen.status)
        if is_up_to_date(seen.status, desired):
            w.written(key, seen.status)
            return
        await self._permit()
        if w.following.seen(key) is not seen or not w.is_leading():
            self.mark(key, _AGAIN_S)
            return
        await self._write(key, seen, desired)

    async def _write(self, key: ObjectKey, seen: Seen, desired: Document) -> None:
        w, collection = self._with, DECLARED[key.kind]
        try:
            stored = await w.blocking(
                w.cluster.patch_status,
                collection,
                key.namespace,
                key.name,
                resource_version=str(seen.version),
                status=desired,
            )
        except NotFound:
            return
        except Conflict:
            self.mark(key, _AGAIN_S)
            return
        except ClusterError as error:
            await self._failed(key, error)
            return
        self._recovered()
        w.following.on_events([(collection, stored, False)])
        w.written(key, desired)
        for flip in flips(seen.status, desired):
            await self._tell(key, seen.uid, flip)

    async def _failed(self, key: ObjectKey, error: ClusterError) -> None:
        """Wait before the next write: what fails for one object mostly fails for all."""
        if str(error)[:80] != self._said:
            self._said = str(error)[:80]
            self._with.log.say("warning", "a status cannot be written; publication goes on", cause=str(error))
        self._wait_s = min(_LAST_WAIT_S, max(_FIRST_WAIT_S, self._wait_s * 2))
        self.mark(key, _LAST_WAIT_S if isinstance(error, Rejected) else self._wait_s)
        await asyncio.sleep(self._wait_s)

    def _recovered(self) -> None:
        self._wait_s, self._said = 0.0, ""

    async def _tell(self, key: ObjectKey, uid: str, flip: Flip) -> None:
        w, condition = self._with, flip.condition
        happening = Happening(
            collection=DECLARED[key.kind],
            namespace=key.namespace,
            name=key.name,
            uid=uid,
            type=EventType.NORMAL if condition.status is Status.TRUE else EventType.WARNING,
            reason=condition.reason,
            message=f"{condition.type} is {condition.status}: {condition.message}",
            at=w.clock.now_ns() // _NS_PER_S,
        )
        await self._permit()
        try:
            await w.blocking(w.cluster.create, EVENTS, event_document(happening))
        except ClusterError as error:
            w.log.say("warning", "an Event could not be written", object=str(key), cause=str(error))

    async def _permit(self) -> None:
        while True:
            wait_s = self._bucket.take()
            if not wait_s:
                return
            await asyncio.sleep(wait_s)


def _generation(seen: Seen) -> int:
    return getattr(seen.content, "generation", 0)
