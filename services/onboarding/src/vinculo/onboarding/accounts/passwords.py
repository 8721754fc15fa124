"""Hashing and verifying passwords by Argon2id, in a few threads of their own.

One hash takes tens of milliseconds and 19 MiB: on the event loop it would stop every other request,
and in unbounded threads it would take all memory.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from vinculo.onboarding.forms.password_strength import normalize_password

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Cost:
    """The least that OWASP advises for Argon2id."""

    memory_kib: int = 19 * 1024
    time_cost: int = 2
    parallelism: int = 1


@dataclass(frozen=True, slots=True)
class Verification:
    """`new_hash` is to be kept in place of an old one that was made at another cost."""

    matches: bool
    new_hash: str | None = None


NO_MATCH: Final = Verification(matches=False)


def threads_for(cores: int | None) -> int:
    """All cores but one, which is left to everything else that the process answers."""
    return max(1, (cores or 1) - 1)


class PasswordsBusy(Exception):
    """More is waiting to be computed than can be answered in time; nothing was begun."""


class Passwords:
    """At most `most_waiting` computations are under way or waiting for one of the `threads`."""

    def __init__(
        self, cost: Cost | None = None, *, threads: int = 1, most_waiting: int = 300
    ) -> None:
        chosen = cost or Cost()
        self._hasher = PasswordHash(
            (
                Argon2Hasher(
                    time_cost=chosen.time_cost,
                    memory_cost=chosen.memory_kib,
                    parallelism=chosen.parallelism,
                ),
            )
        )
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="passwords")
        self._most_waiting = most_waiting
        self._waiting = 0
        self._dummy: str | None = None

    async def computed(self, work: Callable[[], Result]) -> Result:
        """Do other computing about passwords in the same few threads. Raises PasswordsBusy."""
        if self._waiting >= self._most_waiting:
            raise PasswordsBusy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    async def hash(self, password: str) -> str:
        return await self.computed(lambda: self._hash(password))

    async def verify(self, password: str, known_hash: str | None) -> Verification:
        """Without a hash, as long as with one, and no match."""
        return await self.computed(lambda: self._verify(password, known_hash))

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _hash(self, password: str) -> str:
        return self._hasher.hash(normalize_password(password))

    def _verify(self, password: str, known_hash: str | None) -> Verification:
        regular = normalize_password(password)
        if known_hash is None:
            if self._dummy is None:
                self._dummy = self._hasher.hash("nobody has this password")
            self._hasher.verify(regular, self._dummy)
            return NO_MATCH
        matches, new_hash = self._hasher.verify_and_update(regular, known_hash)
        return Verification(matches, new_hash) if matches else NO_MATCH
