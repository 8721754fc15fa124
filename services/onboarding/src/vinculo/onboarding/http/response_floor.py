"""Responses whose time must not reveal what was found."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ResponseFloor:
    """Responses come after `seconds`, or after a multiple of them if the work took longer.

    Zero turns it off. Hold no connection or lock across the wait.
    """

    seconds: float

    async def wait_for(self, work: Awaitable[Result]) -> Result:
        """The result of the work, at the next multiple. Errors are raised without a wait."""
        started = monotonic()
        result = await work
        if self.seconds:
            await asyncio.sleep(self.seconds - (monotonic() - started) % self.seconds)
        return result
