"""Exponential back-off of failed logins, by identifier, for existing and unknown people alike.

An attempt is counted before the password is verified, so that concurrent guesses are limited, too.
The delay is bounded: a stranger cannot lock a person out for long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Update, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.dml import ReturningInsert

from vinculo.onboarding.storage.tables import document_reservations, sign_in_attempts
from vinculo.process import prune_statement

FAILURES_BEFORE_DELAY: Final = 3
MAX_DELAY: Final = timedelta(minutes=5)
RESET_AFTER: Final = timedelta(days=1)


class TooManyAttempts(Exception):
    """The next attempt is allowed after `retry_after_seconds`."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"try again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class LoginThrottle:
    engine: AsyncEngine

    async def count_attempt(self, identifier_hashes: Sequence[bytes], now: datetime) -> None:
        """Count a failure in advance, for all identifiers or for none.

        Raises:
            TooManyAttempts: an identifier has to wait.

        """
        identifiers = sorted(set(identifier_hashes))
        async with self.engine.begin() as connection:
            rows = (await connection.execute(_insert_or_lock(identifiers, now))).all()
            retry_at = max(row.retry_at for row in rows)
            if retry_at > now:
                raise TooManyAttempts(ceil((retry_at - now).total_seconds()))
            for row in rows:
                await connection.execute(_count_failure(row, now))
            expired = sign_in_attempts.c.tried_at < now - RESET_AFTER
            await connection.execute(prune_statement(sign_in_attempts, expired))

    async def clear_after_success(self, matched: bytes, identifier_hashes: Sequence[bytes]) -> None:
        """Clear the matched identifier, and take this attempt back from the others.

        The others are not cleared: a number may belong to several documents, and with a passport
        registered under another person's number a thief could reset that person's count between
        guesses.
        """
        others = [each for each in identifier_hashes if each != matched]
        async with self.engine.begin() as connection:
            await connection.execute(
                delete(sign_in_attempts).where(sign_in_attempts.c.identifier_hash == matched)
            )
            await connection.execute(_take_back(others))

    async def take_back(self, identifier_hashes: Sequence[bytes]) -> None:
        """Undo `count_attempt`, for an attempt whose password was not verified after all."""
        async with self.engine.begin() as connection:
            await connection.execute(_take_back(identifier_hashes))


async def clear_attempts(connection: AsyncConnection, identifier_hashes: Sequence[bytes]) -> None:
    await connection.execute(
        delete(sign_in_attempts).where(sign_in_attempts.c.identifier_hash.in_(identifier_hashes))
    )


async def clear_attempts_of_person(
    connection: AsyncConnection, person_id: UUID, identifier_hashes: Sequence[bytes]
) -> None:
    """Clear the identifiers, except those of documents that are reserved for other people."""
    reservation = document_reservations.c
    of_others = select(reservation.identity_hash).where(
        reservation.person_id != person_id, reservation.identity_hash.in_(identifier_hashes)
    )
    attempts = sign_in_attempts.c
    await connection.execute(
        delete(sign_in_attempts).where(
            attempts.identifier_hash.in_(identifier_hashes),
            attempts.identifier_hash.not_in(of_others),
        )
    )


def delay_after(failures: int) -> timedelta:
    """Zero for the first failures, then 1, 2, 4… seconds."""
    if failures <= FAILURES_BEFORE_DELAY:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - FAILURES_BEFORE_DELAY - 1, 30)), MAX_DELAY)


def _insert_or_lock(identifiers: Sequence[bytes], now: datetime) -> ReturningInsert[Any]:
    """The rows, locked in the order of the identifiers.

    One statement, because a success may delete a row between an insertion and a lock.
    """
    rows = [
        {"identifier_hash": each, "failures": 0, "tried_at": now, "retry_at": now}
        for each in identifiers
    ]
    statement = insert(sign_in_attempts).values(rows)
    return statement.on_conflict_do_update(
        index_elements=["identifier_hash"],
        set_={"identifier_hash": statement.excluded.identifier_hash},
    ).returning(sign_in_attempts)


def _count_failure(row: Row[Any], now: datetime) -> Update:
    failures = 1 if now - row.tried_at > RESET_AFTER else row.failures + 1
    return (
        update(sign_in_attempts)
        .where(sign_in_attempts.c.identifier_hash == row.identifier_hash)
        .values(failures=failures, tried_at=now, retry_at=now + delay_after(failures))
    )


def _take_back(identifiers: Sequence[bytes]) -> Update:
    attempts = sign_in_attempts.c
    return (
        update(sign_in_attempts)
        .where(attempts.identifier_hash.in_(sorted(set(identifiers))))
        .values(failures=func.greatest(attempts.failures - 1, 0), retry_at=attempts.tried_at)
    )
