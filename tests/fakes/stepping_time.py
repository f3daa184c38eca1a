"""Time for tasks that wait: it moves when told, and stops at every instant that someone waits for."""

import asyncio


class FakeTime:
    """A clock that moves when told, and the waiting that goes with it."""

    def __init__(self, now_s: int = 1_800_000_000) -> None:
        self._unix_ns = now_s * 1_000_000_000
        self._ticks_ns = 5_000_000_000_000
        self._waits: dict[asyncio.Future[None], int] = {}

    def now_ns(self) -> int:
        return self._unix_ns + self._ticks_ns - 5_000_000_000_000

    def ticks_ns(self) -> int:
        return self._ticks_ns

    def set_wall_clock(self, by_s: int) -> None:
        self._unix_ns += by_s * 1_000_000_000

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        over = asyncio.get_running_loop().create_future()
        self._waits[over] = self._ticks_ns + max(1, round(seconds * 1e9))
        sides = asyncio.ensure_future(event.wait()), over
        try:
            await asyncio.wait(sides, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._waits[over]
            for side in sides:
                side.cancel()

    async def advance(self, seconds: float) -> None:
        """Let so much time pass, stopping at every instant that someone waits for."""
        end = self._ticks_ns + round(seconds * 1e9)
        await settle()
        while due := sorted((at, id(over), over) for over, at in self._waits.items() if at <= end and not over.done()):
            at, _, over = due[0]
            self._ticks_ns = max(self._ticks_ns, at)
            over.set_result(None)
            await settle()
        self._ticks_ns = end


async def settle() -> None:
    """Let every task run until it waits."""
    for _ in range(20):
        await asyncio.sleep(0)
