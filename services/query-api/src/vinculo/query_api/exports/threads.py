"""Blocking calls outside the event loop."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from vinculo.process import run_to_completion

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_thread(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The call's result.

    A cancelled caller waits until the call has ended, because the call uses what the caller would
    close.
    """
    return await run_to_completion(asyncio.to_thread(call, *args, **kwargs))
