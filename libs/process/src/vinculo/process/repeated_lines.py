"""Leaves out log lines that repeat, as they do by the thousand while a server is away."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

FIRST_GAP_SECONDS: Final = 5.0
MAX_GAP_SECONDS: Final = 60.0
MAX_KEYS: Final = 1_000


@dataclass(slots=True)
class _Repetition:
    seen_at: float
    next_at: float
    gap_seconds: float
    omitted: int = 0


class RepeatedLines:
    """Admits the first of equal lines, then one after 5, 10, 20, 40 and every 60 seconds.

    Lines are equal if their keys are. A key that was not seen for a minute is new again.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._repetitions: OrderedDict[Hashable, _Repetition] = OrderedDict()

    def admit(self, key: Hashable) -> int | None:
        """How many equal lines were left out since the last one; None to leave out this one."""
        now = self._clock()
        repetition = self._repetitions.pop(key, None)
        if repetition is None or now - repetition.seen_at > MAX_GAP_SECONDS:
            self._remember(key, _Repetition(now, now + FIRST_GAP_SECONDS, FIRST_GAP_SECONDS))
            return 0
        self._remember(key, repetition)
        repetition.seen_at = now
        if now < repetition.next_at:
            repetition.omitted += 1
            return None
        omitted, repetition.omitted = repetition.omitted, 0
        repetition.gap_seconds = min(2 * repetition.gap_seconds, MAX_GAP_SECONDS)
        repetition.next_at = now + repetition.gap_seconds
        return omitted

    def _remember(self, key: Hashable, repetition: _Repetition) -> None:
        self._repetitions[key] = repetition
        if len(self._repetitions) > MAX_KEYS:
            self._repetitions.popitem(last=False)
