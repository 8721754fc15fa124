"""Waiting until something is so, with an end to patience."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Value = TypeVar("Value")
PATIENCE_SECONDS = 120.0
PAUSE_SECONDS = 0.25


class NotSoInTime(Exception):
    """What was waited for did not come."""


async def until(
    what: str,
    ask: Callable[[], Awaitable[Value | None]],
    *,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Value:
    """Give the first answer that is not None; raise NotSoInTime, naming `what`."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience_seconds
    while (answer := await ask()) is None:
        if loop.time() > deadline:
            raise NotSoInTime(f"not within {patience_seconds:.0f} s: {what}")
        await asyncio.sleep(PAUSE_SECONDS)
    return answer
