"""Blocking calls outside the event loop."""

import asyncio

import pytest

from vinculo.query_api.exports.threads import run_in_thread


async def test_a_cancelled_caller_waits_for_its_blocking_call() -> None:
    loop = asyncio.get_running_loop()
    started, may_end, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    def blocking() -> None:
        loop.call_soon_threadsafe(started.set)
        asyncio.run_coroutine_threadsafe(may_end.wait(), loop).result()
        loop.call_soon_threadsafe(ended.set)

    caller = asyncio.create_task(run_in_thread(blocking))
    await started.wait()
    caller.cancel()
    await asyncio.sleep(0)
    assert not caller.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await caller

    assert ended.is_set()
