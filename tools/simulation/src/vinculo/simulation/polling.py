"""Polling until a condition holds or a timeout expires."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Value = TypeVar("Value")
TIMEOUT_SECONDS = 120.0
INTERVAL_SECONDS = 0.25


class WaitTimeoutError(Exception):
    """The condition did not hold in time; the message names it."""


async def wait_until(
    description: str,
    poll: Callable[[], Awaitable[Value | None]],
    *,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Value:
    """The first result of `poll` that is not None. Raises WaitTimeoutError with the description."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + timeout_seconds
    while (result := await poll()) is None:
        if loop.time() > deadline:
            raise WaitTimeoutError(f"not within {timeout_seconds:.0f} s: {description}")
        await asyncio.sleep(INTERVAL_SECONDS)
    return result
