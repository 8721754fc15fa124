"""Caches data keys for at most five minutes, and which persons are erased."""

import time
from collections import OrderedDict
from collections.abc import Callable
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAX_AGE_SECONDS = 300
MAX_ENTRIES = 20_000


class KeyCache:
    """Ciphers by person; None stands for a destroyed key, which never changes.

    A database read that began before `forget` may end after it, and must not put the key back. So
    `put` has the epoch at which the read began, and is ignored if `forget` was called since.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: OrderedDict[UUID, tuple[float, AESGCM | None]] = OrderedDict()
        self.epoch = 0

    def get(self, subject: UUID) -> tuple[bool, AESGCM | None]:
        """Whether the person is cached, and the cipher."""
        entry = self._entries.get(subject)
        if entry is None:
            return False, None
        expires_at, cipher = entry
        if self._clock() >= expires_at:
            del self._entries[subject]
            return False, None
        return True, cipher

    def put(self, subject: UUID, cipher: AESGCM | None, *, epoch: int) -> None:
        if epoch != self.epoch:
            return
        self._entries[subject] = (self._clock() + MAX_AGE_SECONDS, cipher)
        self._entries.move_to_end(subject)
        while len(self._entries) > MAX_ENTRIES:
            self._entries.popitem(last=False)

    def forget(self, subject: UUID) -> None:
        self.epoch += 1
        self._entries.pop(subject, None)
