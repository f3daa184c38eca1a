import asyncio

from accredit_operator.keys.pause import pause


def test_a_pause_ends_with_its_time():
    asyncio.run(asyncio.wait_for(pause(asyncio.Event(), 0.001), 5))


def test_a_pause_ends_with_its_event():
    async def run():
        event = asyncio.Event()
        waiting = asyncio.create_task(pause(event, 3600))
        await asyncio.sleep(0)
        event.set()
        await asyncio.wait_for(waiting, 5)

    asyncio.run(run())
