"""Calls that block, in threads, so that the loop goes on."""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

ParamsT = ParamSpec("ParamsT")
ResultT = TypeVar("ResultT")

_THREADS = 24  # fewer than the API client has connections


class Blocking:
    """A pool of threads for the calls of one concern: another concern's slow calls never use them up."""

    def __init__(self, name: str, threads: int = _THREADS) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def __call__(
        self, function: Callable[ParamsT, ResultT], *arguments: ParamsT.args, **options: ParamsT.kwargs
    ) -> ResultT:
        """Return what the function returns, or raise what it raises."""
        bound = functools.partial(function, *arguments, **options)
        return await asyncio.get_running_loop().run_in_executor(self._threads, bound)

    def close(self) -> None:
        """Take no more calls. Those that run are left to end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def finish(self) -> None:
        """Take no more calls, and return when those that run have ended."""
        self.close()
        await asyncio.to_thread(self._threads.shutdown)
