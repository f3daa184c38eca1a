import asyncio
import threading

import pytest

from accredit_operator.blocking import Blocking
from fakes.leading import on_loop


@on_loop
async def test_a_call_that_blocks_runs_elsewhere():
    blocking, gate = Blocking("test"), threading.Event()
    call = asyncio.ensure_future(blocking(gate.wait, timeout=5))
    await asyncio.sleep(0)
    gate.set()
    assert await call is True
    blocking.close()


@on_loop
async def test_what_it_raises_is_raised():
    def fail():
        raise KeyError("x")

    blocking = Blocking("test")
    with pytest.raises(KeyError):
        await blocking(fail)
    await blocking.finish()


@on_loop
async def test_finishing_waits_for_what_runs():
    blocking, gate, ended = Blocking("test", 1), threading.Event(), []

    def work():
        gate.wait(5)
        ended.append(True)

    call = asyncio.ensure_future(blocking(work))
    await asyncio.sleep(0)
    finishing = asyncio.ensure_future(blocking.finish())
    gate.set()
    await finishing
    assert ended == [True]
    await call
