"""Exponential back-off with jitter, for all retries."""

import random
from dataclasses import dataclass


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
