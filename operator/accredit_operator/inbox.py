"""Where everything that happened waits for the next compilation: events of the watches, and other reasons to compile.

Filled from any thread; emptied by one task, a burst at a time.
"""

import asyncio
from collections import deque
from dataclasses import dataclass

from accredit_operator.ports import Clock, Collection, Stored

QUIET_S = 0.02  # a burst ends when nothing has come for this long,
LONGEST_S = 0.05  # or when its first event has waited for this long

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event. `at_ns` is monotonic."""

    collection: Collection
    stored: Stored
    is_gone: bool
    at_ns: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What has gathered since the last one."""

    arrivals: tuple[Arrival, ...]
    is_asked: bool  # something beside events asks for a compilation

    @property
    def since_ns(self) -> int | None:
        """When its first event came; None without one."""
        return self.arrivals[0].at_ns if self.arrivals else None


class Inbox:
    """Belongs to the loop on which it is made."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._arrivals: deque[Arrival] = deque()
        self._filled = asyncio.Event()
        self._heard_ns: dict[Collection, int] = {}
        self._is_asked = False

    def put(self, collection: Collection, stored: Stored, *, is_gone: bool) -> None:
        """Add an event. May be called from any thread, and returns at once."""
        now_ns = self._clock.ticks_ns()
        self._arrivals.append(Arrival(collection, stored, is_gone, now_ns))
        self._heard_ns[collection] = now_ns
        self._wake()

    def ask(self) -> None:
        """Ask for a compilation without an event. May be called from any thread."""
        self._is_asked = True
        self._wake()

    def heard_ns(self, collection: Collection) -> int | None:
        """Return when the last event of a collection came; None before the first."""
        return self._heard_ns.get(collection)

    async def batch(self) -> Batch:
        """Return the next burst, once it has ended."""
        await self._filled.wait()
        ends_ns = self._clock.ticks_ns() + int(LONGEST_S * _NS_PER_S)
        gathered = -1
        while gathered != len(self._arrivals) and self._clock.ticks_ns() < ends_ns:
            gathered = len(self._arrivals)
            await asyncio.sleep(QUIET_S)
        self._filled.clear()
        is_asked, self._is_asked = self._is_asked, False
        arrivals = []
        while self._arrivals:
            arrivals.append(self._arrivals.popleft())
        return Batch(tuple(arrivals), is_asked)

    def _wake(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._filled.set)
