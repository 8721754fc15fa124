"""Data keys in memory for at most five minutes, and the persons known to be erased."""

import time
from collections import OrderedDict
from collections.abc import Callable
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

LIFETIME_SECONDS = 300
CAPACITY = 20_000


class KeyCache:
    """`None` in place of a cipher says that the key is destroyed, which never changes again.

    A read begun before `forget` may end after it and must not put the key back: `put` takes the
    epoch at which its read began and is ignored when `forget` came in between.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: OrderedDict[UUID, tuple[float, AESGCM | None]] = OrderedDict()
        self.epoch = 0

    def get(self, subject: UUID) -> tuple[bool, AESGCM | None]:
        """Whether the person is known here, and the cipher."""
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
        self._entries[subject] = (self._clock() + LIFETIME_SECONDS, cipher)
        self._entries.move_to_end(subject)
        while len(self._entries) > CAPACITY:
            self._entries.popitem(last=False)

    def forget(self, subject: UUID) -> None:
        self.epoch += 1
        self._entries.pop(subject, None)
