"""Waiting that can be cut short."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

Pause = Callable[[asyncio.Event, float], Awaitable[None]]
"""Returns when the event is set or the seconds have passed, whichever is first."""


async def pause(event: asyncio.Event, seconds: float) -> None:
    """Wait on the running loop's clock."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
