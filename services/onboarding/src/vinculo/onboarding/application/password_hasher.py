"""Hashing and verification of passwords by Argon2id, in the threads of the password queue.

A hash takes tens of milliseconds and 19 MiB: it would block the event loop, and unbounded threads
would exhaust the memory.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from vinculo.onboarding.application.password_queue import MAX_WAIT_SECONDS, PasswordQueue
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


class PasswordHasher:
    """Every method may raise PasswordHasherBusy or ClientHungUp, and then has done nothing."""

    def __init__(
        self,
        cost: HashingCost | None = None,
        *,
        threads: int = 1,
        max_wait_seconds: float = MAX_WAIT_SECONDS,
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
        self._queue = PasswordQueue(threads=threads, max_wait_seconds=max_wait_seconds)
        self._dummy: str | None = None

    async def run_in_pool(self, work: Callable[[], Result]) -> Result:
        """Run another computation on passwords in the pool."""
        return await self._queue.run("other", work)

    async def hash(self, password: str) -> str:
        return await self._queue.run("hash", lambda: self._hash(password))

    async def verify(self, password: str, known_hash: str | None) -> PasswordVerification:
        """No match without a hash, after the same work as with one."""
        return await self._queue.run("hash", lambda: self._verify(password, known_hash))

    def close(self) -> None:
        self._queue.close()

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
