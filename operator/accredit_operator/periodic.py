"""What a leader does by the clock: lists and sweeps, the beat, the roll of replicas, and what falls due. On one loop.

Each is a task of its own, so that one slow answer of the API server holds up nothing else.
"""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from accredit_extauthz.contract.publication import BEAT_PERIOD_S, PART, REPLICA
from accredit_extauthz.contract.snapshot import FORMAT
from accredit_operator.components import Components
from accredit_operator.following import WATCHED, Found
from accredit_operator.ports import DECLARED, LEASES, ClusterError, Collection, Conflict, NotFound
from accredit_operator.publisher import Fenced
from accredit_operator.replicas import Roll, call_roll
from accredit_operator.resync import Watchfulness
from accredit_operator.world import Kind, ObjectKey

LIFE_S = 5.0  # every kind has shown life within this time, or there is no beat

_PROBE_AFTER_S = 2.5
_ROLL_S, _FIRST_ROLL_S, _ROLL_GROWTH = 3.0, 0.1, 1.5
_RELIST_SOON_S = 1.0  # after the watches began anew
_NS_PER_S = 1_000_000_000


class Periodic:
    """`found` hears what a list has brought and no event had; `rewatch` begins the watches anew."""

    def __init__(
        self, components: Components, found: Callable[[Iterable[Found]], None], rewatch: Callable[[], None]
    ) -> None:
        self._at = components
        self._rewatch = rewatch
        self._found = found
        self._watchfulness = Watchfulness()
        self._alive_ns: dict[Collection, int] = {}  # when a probe of a kind succeeded last
        self._relist = asyncio.Event()
        self._roll_now = asyncio.Event()
        self._roll_s = _ROLL_S
        self._on_its_way: deque[tuple[int, int]] = deque()  # sequence, and when its oldest change came
        self._said: dict[str, str] = {}

    @property
    def is_blind(self) -> bool:
        """Whether lists keep finding what no event brought."""
        return self._watchfulness.is_blind

    def start(self, group: asyncio.TaskGroup) -> None:
        """Begin every task in `group`."""
        for name, task in (
            ("resync", self._resync_on),
            ("beat", partial(self._every, BEAT_PERIOD_S, "the beat", self._beat)),
            ("roll", self._roll_on),
            ("due", partial(self._every, 1.0, "what is due", self._do_what_is_due)),
        ):
            group.create_task(task(), name=name)

    def on_events(self, found: Iterable[Found]) -> None:
        """Note that the watches brought events about these."""
        for one in found:
            self._watchfulness.on_event(one)

    def on_published(self, sequence: int, since_ns: int | None) -> None:
        """Look soon for who serves a new snapshot."""
        if since_ns is not None:
            self._on_its_way.append((sequence, since_ns))
        self._roll_s = _FIRST_ROLL_S
        self._roll_now.set()

    def relist_soon(self) -> None:
        """List everything again, a moment from now."""
        asyncio.get_running_loop().call_later(_RELIST_SOON_S, self._relist.set)

    async def call_roll_if_possible(self) -> None:
        """Learn which sequences replicas serve. Where that cannot be learnt, a later roll tells."""
        await self._try("the roll of replicas", self._call_roll)

    async def _resync_on(self) -> None:
        while True:
            await _set_within(self._relist, self._at.surroundings.resync_s)
            await self._try("the list of everything", self._list)
            await self._try("the sweep", self._sweep)
            await self._try("the removal of Leases of replicas that are gone", self._at.lease_sweep.sweep)

    async def _list(self) -> None:
        was_frozen = bool(self._at.resync.unseen)
        found = await self._at.resync.list_all()
        if not self._at.resync.trouble:
            self._watchfulness.on_lists(found, self._at.surroundings.clock.ticks_ns())
            # A kind that is installed again is not always watched again.
            if self._watchfulness.has_missed or was_frozen:
                self._rewatch()
        if found:
            self._at.surroundings.log.say("warning", "a list has found what no event brought", objects=len(found))
            self._found(found)
        elif was_frozen and not self._at.resync.unseen:
            self._found(())
        self._at.surroundings.metrics.show_unseen(collection.kind for collection in self._at.resync.unseen)
        self._at.surroundings.metrics.show_key_ages(self._at.keys.ages_s())

    async def _sweep(self) -> None:
        if not await self._at.publisher.sweep():
            self._at.inbox.ask()

    async def _beat(self) -> None:
        """Beat if every kind has shown life, and the head stands as it was written."""
        silent = [one for one in WATCHED if self._silent_s(one) > _PROBE_AFTER_S]
        for collection, is_seen in zip(silent, await asyncio.gather(*map(self._probe, silent)), strict=True):
            if is_seen:
                self._alive_ns[collection] = self._at.surroundings.clock.ticks_ns()
        if not await self._at.publisher.check_head():
            self._at.inbox.ask()
        if all(self._silent_s(collection) <= LIFE_S for collection in WATCHED) and not self._at.resync.unseen:
            await self._at.publisher.beat()

    async def _probe(self, collection: Collection) -> bool:
        was_unseen = collection in self._at.resync.unseen
        is_seen = await self._at.resync.probe(collection)
        if was_unseen and is_seen:
            self._relist.set()  # a kind that is back is listed before it counts
        return is_seen and not was_unseen

    def _silent_s(self, collection: Collection) -> float:
        times = (self._at.inbox.heard_ns(collection), self._alive_ns.get(collection))
        heard_ns = max((at_ns for at_ns in times if at_ns is not None), default=None)
        return math.inf if heard_ns is None else (self._at.surroundings.clock.ticks_ns() - heard_ns) / _NS_PER_S

    async def _roll_on(self) -> None:
        while True:
            await self._try("the roll of replicas", self._call_roll)
            await _set_within(self._roll_now, self._roll_s)
            is_waiting = self._at.ledger.is_waiting or bool(self._on_its_way)
            self._roll_s = min(_ROLL_S, self._roll_s * _ROLL_GROWTH) if is_waiting else _ROLL_S

    async def _call_roll(self) -> None:
        at, surroundings = self._at, self._at.surroundings
        label = f"{PART}={REPLICA}"
        leases = await at.looking(surroundings.cluster.list_all, LEASES, namespace=surroundings.namespace, label=label)
        roll = call_roll(at.ledger.roll, leases.items, surroundings.clock.ticks_ns())
        for key in at.ledger.on_roll(roll):
            at.status_writer.mark(key)
        while self._on_its_way and roll.served is not None and self._on_its_way[0][0] <= roll.served:
            surroundings.metrics.propagated(surroundings.clock.ticks_ns() - self._on_its_way.popleft()[1])
        at.keys.ask(roll.alive)
        self._say_formats(roll)
        if roll.highest > at.publisher.sequence:
            at.inbox.ask()

    def _say_formats(self, roll: Roll) -> None:
        """Say which replicas are too old for what is written: they serve on what they have."""
        old = ", ".join(sorted(replica.name for replica in roll.alive if 0 < replica.format < FORMAT))
        if old and self._said.get("formats") != old:
            self._at.surroundings.log.say("error", "replicas cannot read what is published; replace them", replicas=old)
        self._said["formats"] = old

    async def _do_what_is_due(self) -> None:
        for key in self._at.ledger.due(self._at.surroundings.now()):
            if key.kind is Kind.REVOCATION:
                await self._delete(key)
            else:
                self._at.status_writer.mark(key)

    async def _delete(self, key: ObjectKey) -> None:
        """Delete a Revocation that is long over: this very version of it."""
        at, surroundings, seen = self._at, self._at.surroundings, self._at.following.seen(key)
        if seen is None or not surroundings.is_leading():
            return
        version = str(seen.version)
        try:
            await at.telling(
                surroundings.cluster.delete,
                DECLARED[key.kind],
                key.namespace,
                key.name,
                uid=seen.uid,
                resource_version=version,
            )
        except NotFound:
            return
        except Conflict:
            at.ledger.look_again(key, surroundings.now())
        except ClusterError:
            at.ledger.look_again(key, surroundings.now())
            raise
        else:
            surroundings.log.say("info", "a Revocation that is long over was deleted", object=str(key))

    async def _every(self, period_s: float, what: str, act: Callable[[], Awaitable[None]]) -> None:
        while True:
            begun_ns = self._at.surroundings.clock.ticks_ns()
            await self._try(what, act)
            await asyncio.sleep(max(0.1, period_s - (self._at.surroundings.clock.ticks_ns() - begun_ns) / _NS_PER_S))

    async def _try(self, what: str, act: Callable[[], Awaitable[None]]) -> None:
        """Do it; say trouble with the API server once, and go on."""
        try:
            await act()
        except Fenced:
            raise
        except ClusterError as error:
            if self._said.get(what) != str(error):
                self._said[what] = str(error)
                self._at.surroundings.log.say("warning", f"{what} did not succeed", cause=str(error))
        else:
            self._said.pop(what, None)


async def _set_within(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set, which it is not any more then, or when the time is over."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
    event.clear()
