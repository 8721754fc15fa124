"""How soon and how often a message is tried again."""

import random
from dataclasses import dataclass
from datetime import timedelta

MOST_DOUBLINGS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Waits double from `first_wait` up to `longest_wait`, with jitter of a quarter either way."""

    first_wait: timedelta
    longest_wait: timedelta
    max_attempts: int

    def wait_after(self, attempts: int) -> timedelta:
        growth = float(2 ** min(attempts - 1, MOST_DOUBLINGS))
        wait = min(self.first_wait * growth, self.longest_wait)
        return wait * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, guards nothing

    def is_over(self, attempts: int) -> bool:
        return attempts >= self.max_attempts
