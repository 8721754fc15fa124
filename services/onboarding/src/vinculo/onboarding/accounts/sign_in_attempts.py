"""Slower and slower answers to wrong passwords, of existing and of unknown people alike.

An attempt is counted before the password is looked at, so that many at once cannot slip through
together. The wait is bounded: nobody is locked out for ever by what a stranger types.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.onboarding.storage.tables import sign_in_attempts

FREE_FAILURES: Final = 3
LONGEST_WAIT: Final = timedelta(minutes=5)
FORGOTTEN_AFTER: Final = timedelta(days=1)
SWEPT_AT_ONCE: Final = 20


class TooManyAttempts(Exception):
    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"try again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class SignInAttempts:
    engine: AsyncEngine

    async def count(self, identifier_hashes: Sequence[bytes], now: datetime) -> None:
        """Count one failure ahead of the result, or raise TooManyAttempts."""
        identifiers = sorted(set(identifier_hashes))
        async with self.engine.begin() as connection:
            await connection.execute(_opened(identifiers, now))
            rows = (
                await connection.execute(
                    select(sign_in_attempts)
                    .where(sign_in_attempts.c.identifier_hash.in_(identifiers))
                    .order_by(sign_in_attempts.c.identifier_hash)
                    .with_for_update()
                )
            ).all()
            retry_at = max(row.retry_at for row in rows)
            if retry_at > now:
                raise TooManyAttempts(ceil((retry_at - now).total_seconds()))
            for row in rows:
                await connection.execute(_counted(row, now))
            await connection.execute(_swept(now))

    async def settle(self, matched: bytes, identifier_hashes: Sequence[bytes]) -> None:
        """The password was right for one of the documents that the number may be of.

        Of the others only this attempt is taken back: else whoever registers a passport under
        another person's number could sign in between guesses and clear that one's count.
        """
        attempts = sign_in_attempts.c
        others = sorted({each for each in identifier_hashes if each != matched})
        async with self.engine.begin() as connection:
            await connection.execute(
                delete(sign_in_attempts).where(attempts.identifier_hash == matched)
            )
            await connection.execute(
                update(sign_in_attempts)
                .where(attempts.identifier_hash.in_(others))
                .values(
                    failures=func.greatest(attempts.failures - 1, 0), retry_at=attempts.tried_at
                )
            )


def wait_after(failures: int) -> timedelta:
    """None for the first few, then 1, 2, 4… seconds."""
    if failures <= FREE_FAILURES:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - FREE_FAILURES - 1, 30)), LONGEST_WAIT)


def _opened(identifiers: Sequence[bytes], now: datetime) -> Any:  # noqa: ANN401 - SQLAlchemy's insert
    rows = [
        {"identifier_hash": each, "failures": 0, "tried_at": now, "retry_at": now}
        for each in identifiers
    ]
    return insert(sign_in_attempts).values(rows).on_conflict_do_nothing()


def _counted(row: Row[Any], now: datetime) -> Any:  # noqa: ANN401 - SQLAlchemy's update
    failures = 1 if now - row.tried_at > FORGOTTEN_AFTER else row.failures + 1
    return (
        sign_in_attempts.update()
        .where(sign_in_attempts.c.identifier_hash == row.identifier_hash)
        .values(failures=failures, tried_at=now, retry_at=now + wait_after(failures))
    )


def _swept(now: datetime) -> Any:  # noqa: ANN401 - SQLAlchemy's delete
    """A few forgotten ones go with every attempt, so that the table stays small by itself."""
    forgotten = (
        select(sign_in_attempts.c.identifier_hash)
        .where(sign_in_attempts.c.tried_at < now - FORGOTTEN_AFTER)
        .limit(SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return delete(sign_in_attempts).where(sign_in_attempts.c.identifier_hash.in_(forgotten))
