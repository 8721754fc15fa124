"""Waits for conditions instead of fixed times, and runs coroutines meanwhile."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar, cast, overload


@asynccontextmanager
async def running_in_background(
    work: Coroutine[Any, Any, None],
) -> AsyncIterator[asyncio.Task[None]]:
    """Run the coroutine during the block. An error that it raised is raised at the end."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


Value = TypeVar("Value")
POLL_SECONDS = 0.05
WAIT_SECONDS = 30.0
"""Ends only a test that hangs, as a busy machine may stand still for seconds."""


@overload
async def eventually(
    check: Callable[[], Awaitable[Value]],
    timeout: float = WAIT_SECONDS,  # noqa: ASYNC109
) -> Value: ...
@overload
async def eventually(
    check: Callable[[], Value],
    timeout: float = WAIT_SECONDS,  # noqa: ASYNC109
) -> Value: ...


async def eventually(
    check: Callable[[], Value | Awaitable[Value]],
    timeout: float = WAIT_SECONDS,  # noqa: ASYNC109  # the time limit is part of the message
) -> Value:
    """The first truthy result of `check`, which is called until it has one.

    Raises:
        AssertionError: after `timeout` seconds, with the last result or the last AssertionError of
            `check`. Any other exception of `check` is raised at once.

    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    while True:
        try:
            result = check()
            value = await result if inspect.isawaitable(result) else result
            if value:
                return cast("Value", value)
            failure: AssertionError | None = None
        except AssertionError as error:
            failure, value = error, None
        if loop.time() > deadline:
            last = failure if failure is not None else f"last result: {value!r}"
            raise AssertionError(f"Not within {timeout:g} s: {last}") from failure
        await asyncio.sleep(POLL_SECONDS)
