"""Waiting for a condition instead of for a time."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast, overload

Value = TypeVar("Value")
PAUSE_SECONDS = 0.05


@overload
async def eventually(check: Callable[[], Awaitable[Value]], timeout: float = 20) -> Value: ...  # noqa: ASYNC109
@overload
async def eventually(check: Callable[[], Value], timeout: float = 20) -> Value: ...  # noqa: ASYNC109


async def eventually(
    check: Callable[[], Value | Awaitable[Value]],
    timeout: float = 20,  # noqa: ASYNC109  # the time limit is part of the message
) -> Value:
    """Give the first truthy answer of `check`, asked again while it is falsy or asserts.

    Raises AssertionError with the last answer or the last failed assertion after `timeout` seconds.
    Any other exception goes through at once.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout
    while True:
        try:
            answer = check()
            value = await answer if inspect.isawaitable(answer) else answer
            if value:
                return cast("Value", value)
            failure: AssertionError | None = None
        except AssertionError as error:
            failure, value = error, None
        if loop.time() > deadline:
            last = failure if failure is not None else f"last answer: {value!r}"
            raise AssertionError(f"Not within {timeout:g} s: {last}") from failure
        await asyncio.sleep(PAUSE_SECONDS)
