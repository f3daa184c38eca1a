"""The election as a program waits for it: acquire, keep until it is lost, give it back."""

import asyncio
import socket
import uuid
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

from accredit_operator.lease.candidate import Candidate, Standing

_NS_PER_S = 1_000_000_000


class LeaseLost(Exception):
    """This process leads no more and must end: another may lead already."""


class Leadership:
    """Steps a candidate in a thread of its own, so that no other work, however slow, delays a renewal."""

    def __init__(self, candidate: Candidate, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._candidate = candidate
        self._sleep = sleep
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lease")

    @property
    def is_leading(self) -> bool:
        """Whether this process leads, by its own clock. To be asked before every write that only a leader makes."""
        return self._candidate.standing is Standing.LEADING

    async def acquire(self) -> None:
        """Return once this process leads. Raises LeaseLost if it was withdrawn, or led and stood still meanwhile."""
        while (standing := await self._step()) is Standing.WAITING:
            await self._sleep(self._candidate.terms.retry_s)
        self._check(standing)

    async def keep(self) -> None:
        """Renew for as long as this process leads. Raises LeaseLost at the renewal deadline, or when another leads."""
        while True:
            await self._sleep(min(self._candidate.terms.retry_s, self._remaining_s()))
            try:
                async with asyncio.timeout(self._remaining_s()):
                    standing = await self._step()
            except TimeoutError:
                standing = self._candidate.standing
            self._check(standing)

    async def release(self) -> None:
        """Give the Lease back, once nothing writes any more. Never fails: what is not given back expires."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._candidate.withdraw)
        self._thread.shutdown(wait=False)

    async def _step(self) -> Standing:
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._candidate.step)

    def _remaining_s(self) -> float:
        return self._candidate.leads_for_ns / _NS_PER_S

    def _check(self, standing: Standing) -> None:
        if standing is not Standing.LEADING:
            terms = self._candidate.terms
            raise LeaseLost(
                f"the Lease {self._candidate.namespace}/{self._candidate.name} was not renewed within"
                f" {terms.renew_within_s:g} s, or another took it"
            )


def own_identity() -> str:
    """Return a name for this process that no other ever has: its host's, and a random one."""
    return f"{socket.gethostname()}_{uuid.uuid4()}"
