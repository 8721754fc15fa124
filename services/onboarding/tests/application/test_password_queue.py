"""The password queue is bounded by time, shared between clients, and left by who hangs up."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from threading import Event
from time import sleep
from typing import Any

import pytest
import pytest_asyncio
from starlette.types import Message

from vinculo.httpapi.client import Client, current_client
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.application.password_queue import (
    PLACES_WHILE_OTHERS_WAIT,
    ClientHungUp,
    PasswordHasherBusy,
    PasswordQueue,
)

from ..service_fixture import PASSWORD

NEVER = 60.0
CROWD = 60


class Caller:
    """A client that can hang up."""

    def __init__(self, network: str) -> None:
        self.network = network
        self._hung_up = asyncio.Event()

    def hang_up(self) -> None:
        self._hung_up.set()

    async def receive(self) -> Message:
        await self._hung_up.wait()
        return {"type": "http.disconnect"}

    def start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        token = current_client.set(Client(self.network, self.receive))
        task = asyncio.ensure_future(work)
        current_client.reset(token)
        return task


class ControlledQueue(PasswordQueue):
    """A queue of one thread whose computations end when the test says so, one by one."""

    def __init__(self, max_wait_seconds: float = NEVER) -> None:
        super().__init__(threads=1, max_wait_seconds=max_wait_seconds)
        self.started: list[str] = []
        self._endings: dict[str, Event] = {}

    def work(self, name: str) -> Coroutine[Any, Any, str]:
        ending = self._endings[name] = Event()

        def compute() -> str:
            self.started.append(name)
            ending.wait()
            return name

        return self.run("hash", compute)

    def end(self, *names: str) -> None:
        for name in names:
            self._endings[name].set()

    def end_all(self) -> None:
        self.end(*self._endings)


async def settle() -> None:
    """Let every task reach the point where it waits."""
    for _ in range(5):
        await asyncio.sleep(0)


async def finished(tasks: list[asyncio.Task[Any]]) -> list[Any]:
    async with asyncio.timeout(30):
        return await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def controlled(max_wait_seconds: float = NEVER) -> AsyncIterator[ControlledQueue]:
    queue = ControlledQueue(max_wait_seconds)
    try:
        yield queue
    finally:
        queue.end_all()
        queue.close()


@pytest_asyncio.fixture
async def queue() -> AsyncIterator[ControlledQueue]:
    async with controlled() as queue:
        yield queue


async def test_computations_run_in_their_order(queue: ControlledQueue) -> None:
    caller = Caller("192.0.2.1")
    tasks = [caller.start(queue.work(name)) for name in "abc"]
    await settle()
    queue.end_all()
    assert await finished(tasks) == ["a", "b", "c"]
    assert queue.started == ["a", "b", "c"]


async def test_what_would_wait_too_long_is_refused_at_once() -> None:
    async with controlled(max_wait_seconds=0.5) as queue:
        tasks = [Caller("192.0.2.1").start(queue.work(str(n))) for n in range(40)]
        await settle()
        refused = [task for task in tasks if task.done()]
        assert 20 < len(refused) < 35
        for task in refused:
            error = task.exception()
            assert isinstance(error, PasswordHasherBusy)
            assert error.retry_after_seconds == 1
        queue.end_all()
        await finished(tasks)


async def test_what_waited_too_long_after_all_is_refused() -> None:
    async with controlled(max_wait_seconds=0.2) as queue:
        tasks = [Caller("192.0.2.1").start(queue.work(name)) for name in "ab"]
        with pytest.raises(PasswordHasherBusy):
            async with asyncio.timeout(30):
                await tasks[1]
        queue.end("a")
        assert await tasks[0] == "a"
        assert queue.started == ["a"]


async def test_a_delay_of_the_event_loop_does_not_count_as_time_of_computations() -> None:
    async with controlled(max_wait_seconds=1) as queue:
        delayed = Caller("192.0.2.1").start(queue.work("delayed"))
        await settle()
        queue.end("delayed")
        sleep(0.5)  # noqa: ASYNC251  # blocks the event loop
        assert await delayed == "delayed"

        tasks = [Caller("192.0.2.1").start(queue.work(str(n))) for n in range(10)]
        await settle()
        assert not any(task.done() for task in tasks)
        queue.end_all()
        await finished(tasks)


async def test_a_client_keeps_two_places_when_another_one_waits(queue: ControlledQueue) -> None:
    crowd = [Caller("192.0.2.1").start(queue.work(f"crowd {n}")) for n in range(20)]
    await settle()
    assert not any(task.done() for task in crowd)

    bystander = Caller("192.0.2.2").start(queue.work("bystander"))
    await settle()
    assert [task.done() for task in crowd] == [False] * 2 + [True] * 18
    assert all(isinstance(task.exception(), PasswordHasherBusy) for task in crowd[2:])

    later = Caller("192.0.2.1").start(queue.work("later"))
    await settle()
    assert isinstance(later.exception(), PasswordHasherBusy)

    queue.end_all()
    assert await finished([*crowd[:2], bystander]) == ["crowd 0", "crowd 1", "bystander"]


async def test_a_client_that_hung_up_loses_its_place(queue: ControlledQueue) -> None:
    first, leaving, last = (Caller(f"192.0.2.{n}") for n in (1, 2, 3))
    tasks = [
        caller.start(queue.work(name))
        for caller, name in ((first, "first"), (leaving, "leaving"), (last, "last"))
    ]
    await settle()
    leaving.hang_up()
    with pytest.raises(ClientHungUp):
        async with asyncio.timeout(30):
            await tasks[1]
    queue.end_all()
    assert await finished([tasks[0], tasks[2]]) == ["first", "last"]
    assert queue.started == ["first", "last"]


@pytest.mark.parametrize("place", [0, 1])
async def test_a_cancelled_request_does_not_stop_the_queue(
    queue: ControlledQueue, place: int
) -> None:
    tasks = [Caller("192.0.2.1").start(queue.work(name)) for name in "abc"]
    await settle()
    tasks[place].cancel()
    with suppress(asyncio.CancelledError):
        await tasks[place]
    queue.end_all()
    del tasks[place]
    assert "c" in await finished(tasks)


async def test_an_error_of_a_computation_frees_its_thread(queue: ControlledQueue) -> None:
    def fail() -> None:
        raise LookupError

    for _ in range(3):
        with pytest.raises(LookupError):
            await queue.run("hash", fail)
    task = Caller("192.0.2.1").start(queue.work("a"))
    await settle()
    queue.end_all()
    assert await finished([task]) == ["a"]


async def test_a_bystander_is_served_while_a_crowd_signs_in_from_one_address() -> None:
    """With real hashes of the real cost, each awaited by the crowd again and again."""
    hasher = PasswordHasher(threads=1, max_wait_seconds=NEVER)
    known_hash = await hasher.hash(PASSWORD)
    over = False
    verified = 0

    async def insist() -> None:
        nonlocal verified
        while not over:
            with suppress(PasswordHasherBusy):
                await hasher.verify("wrong password of a stranger", known_hash)
                verified += 1
            await asyncio.sleep(0.01)

    crowd = [Caller("192.0.2.1").start(insist()) for _ in range(CROWD)]
    try:
        before_the_bystander = []
        for n in range(5):
            verified_before = verified
            verifying = Caller(f"198.51.100.{n}").start(hasher.verify(PASSWORD, known_hash))
            assert (await verifying).matches
            before_the_bystander.append(verified - verified_before)
    finally:
        over = True
        await finished(crowd)
        hasher.close()
    assert max(before_the_bystander) <= PLACES_WHILE_OTHERS_WAIT + 1  # One may end just after it.
