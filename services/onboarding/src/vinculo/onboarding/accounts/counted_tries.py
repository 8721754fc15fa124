"""So many tries in so long a time, counted in PostgreSQL for all instances together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from sqlalchemy import Row, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.onboarding.accounts.sign_in_attempts import TooManyAttempts
from vinculo.onboarding.storage.tables import counted_tries

SWEPT_AT_ONCE: Final = 20


@dataclass(frozen=True, slots=True)
class Allowance:
    """The period begins with the first try and ends for all of its tries together."""

    tries: int
    period: timedelta

    @property
    def seconds(self) -> int:
        return int(self.period.total_seconds())


@dataclass(frozen=True, slots=True)
class CountedTries:
    engine: AsyncEngine

    async def count(self, counter: bytes, allowances: Sequence[Allowance], now: datetime) -> None:
        """Count one try, or raise TooManyAttempts and count nothing."""
        allowed = {each.seconds: each for each in allowances}
        tries = counted_tries.c
        async with self.engine.begin() as connection:
            await connection.execute(_opened(counter, allowances, now))
            rows = (
                await connection.execute(
                    select(counted_tries)
                    .where(tries.counter == counter, tries.period_seconds.in_(allowed))
                    .order_by(tries.period_seconds)
                    .with_for_update()
                )
            ).all()
            waits = [
                row.ends_at - now
                for row in rows
                if row.ends_at > now and row.tries >= allowed[row.period_seconds].tries
            ]
            if waits:
                raise TooManyAttempts(ceil(max(waits).total_seconds()))
            for row in rows:
                await connection.execute(_counted(row, allowed[row.period_seconds], now))
            await connection.execute(_swept(now))


def _opened(counter: bytes, allowances: Sequence[Allowance], now: datetime) -> Any:  # noqa: ANN401 - SQLAlchemy's insert
    rows = [
        {
            "counter": counter,
            "period_seconds": each.seconds,
            "tries": 0,
            "ends_at": now + each.period,
        }
        for each in sorted(allowances, key=lambda each: each.seconds)
    ]
    return insert(counted_tries).values(rows).on_conflict_do_nothing()


def _counted(row: Row[Any], allowance: Allowance, now: datetime) -> Any:  # noqa: ANN401 - SQLAlchemy's update
    over = row.ends_at <= now
    return (
        update(counted_tries)
        .where(
            counted_tries.c.counter == row.counter,
            counted_tries.c.period_seconds == row.period_seconds,
        )
        .values(
            tries=1 if over else row.tries + 1,
            ends_at=now + allowance.period if over else row.ends_at,
        )
    )


def _swept(now: datetime) -> Any:  # noqa: ANN401 - SQLAlchemy's delete
    """A few that are over go with every try, so that the table stays small by itself."""
    key = tuple_(counted_tries.c.counter, counted_tries.c.period_seconds)
    over = (
        select(counted_tries.c.counter, counted_tries.c.period_seconds)
        .where(counted_tries.c.ends_at < now)
        .limit(SWEPT_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return delete(counted_tries).where(key.in_(over))
