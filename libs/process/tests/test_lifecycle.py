"""Work that ends although its caller is cancelled."""

import asyncio

import pytest

from vinculo.process import run_to_completion


class Client:
    """Swallows a cancellation while it stops, as aiokafka's clients do."""

    def __init__(self) -> None:
        self.may_stop = asyncio.Event()
        self.is_stopping = asyncio.Event()
        self.is_stopped = False

    async def stop(self) -> str:
        self.is_stopping.set()
        try:
            await self.may_stop.wait()
        except asyncio.CancelledError:
            return "swallowed"
        self.is_stopped = True
        return "stopped"


async def test_the_result_of_the_work_is_returned() -> None:
    client = Client()
    client.may_stop.set()

    assert await run_to_completion(client.stop(), timeout_seconds=60) == "stopped"


async def test_a_cancelled_caller_waits_for_the_work_and_stays_cancelled() -> None:
    client = Client()
    stopping = asyncio.create_task(run_to_completion(client.stop()))
    await client.is_stopping.wait()
    stopping.cancel()
    client.may_stop.set()

    with pytest.raises(asyncio.CancelledError):
        await stopping
    assert client.is_stopped


async def test_work_that_does_not_end_in_time_is_cancelled() -> None:
    client = Client()

    with pytest.raises(TimeoutError):
        await run_to_completion(client.stop(), timeout_seconds=0.01)
    assert not client.is_stopped


async def test_an_error_of_the_work_is_raised() -> None:
    async def fail() -> None:
        raise ConnectionRefusedError

    with pytest.raises(ConnectionRefusedError):
        await run_to_completion(fail())
