"""Hashing and verification of passwords by Argon2id, in a small thread pool.

A hash takes tens of milliseconds and 19 MiB: it would block the event loop, and unbounded threads
would exhaust the memory.
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
class HashingCost:
    """The minimum that OWASP recommends for Argon2id."""

    memory_kib: int = 19 * 1024
    time_cost: int = 2
    parallelism: int = 1


@dataclass(frozen=True, slots=True)
class PasswordVerification:
    """`new_hash` replaces a hash that was computed at another cost."""

    matches: bool
    new_hash: str | None = None


NO_MATCH: Final = PasswordVerification(matches=False)


def default_threads(cores: int | None) -> int:
    """All cores but one, which remains for the other requests."""
    return max(1, (cores or 1) - 1)


class PasswordHasherBusy(Exception):
    """The queue is full; nothing was started."""


class PasswordHasher:
    """At most `max_queued` computations run in, or wait for, the `threads`."""

    def __init__(
        self, cost: HashingCost | None = None, *, threads: int = 1, max_queued: int = 300
    ) -> None:
        chosen = cost or HashingCost()
        self._hasher = PasswordHash(
            (
                Argon2Hasher(
                    time_cost=chosen.time_cost,
                    memory_cost=chosen.memory_kib,
                    parallelism=chosen.parallelism,
                ),
            )
        )
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="password-hasher")
        self._most_queued = max_queued
        self._queued = 0
        self._dummy: str | None = None

    async def run_in_pool(self, work: Callable[[], Result]) -> Result:
        """Run another computation on passwords in the pool. Raises PasswordHasherBusy."""
        if self._queued >= self._most_queued:
            raise PasswordHasherBusy
        self._queued += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._queued -= 1

    async def hash(self, password: str) -> str:
        return await self.run_in_pool(lambda: self._hash(password))

    async def verify(self, password: str, known_hash: str | None) -> PasswordVerification:
        """No match without a hash, after the same work as with one."""
        return await self.run_in_pool(lambda: self._verify(password, known_hash))

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _hash(self, password: str) -> str:
        return self._hasher.hash(normalize_password(password))

    def _verify(self, password: str, known_hash: str | None) -> PasswordVerification:
        normalized = normalize_password(password)
        if known_hash is None:
            if self._dummy is None:
                self._dummy = self._hasher.hash("a password without an account")
            self._hasher.verify(normalized, self._dummy)
            return NO_MATCH
        matches, new_hash = self._hasher.verify_and_update(normalized, known_hash)
        return PasswordVerification(matches, new_hash) if matches else NO_MATCH
