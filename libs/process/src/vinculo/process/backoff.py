"""Exponential back-off with jitter, for all retries, and work that is repeated despite errors."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Delays grow by `factor` from `initial_seconds` up to `max_seconds`.

    `jitter` is the fraction by which a delay is randomly shortened or lengthened, so that processes
    that failed together do not retry together.
    """

    initial_seconds: float = 0.1
    max_seconds: float = 10.0
    factor: float = 2.0
    jitter: float = 0.2

    def delay_seconds(self, failures: int) -> float:
        """The delay after `failures` consecutive failures, the first being number 0."""
        # The exponent is limited, because a long outage would overflow the float.
        exponent = min(failures, 64)
        delay = min(self.initial_seconds * self.factor**exponent, self.max_seconds)
        return delay * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311 - no secret


RETRIES: Final = Backoff(initial_seconds=0.5, max_seconds=10.0)


async def run_with_retries(
    work: Callable[[], Awaitable[None]], *, task: str, backoff: Backoff = RETRIES
) -> None:
    """Run the work until it returns. After any error it is logged by its name and run again.

    A server that is away must not end a process. The delays are short again after a run that was
    longer than the longest of them.
    """
    clock = asyncio.get_running_loop().time
    failures = 0
    while True:
        begun_at = clock()
        try:
            await work()
        except Exception:
            if clock() - begun_at > backoff.max_seconds:
                failures = 0
            log.exception("task-repeated", task=task)
            await asyncio.sleep(backoff.delay_seconds(failures))
            failures += 1
        else:
            return
