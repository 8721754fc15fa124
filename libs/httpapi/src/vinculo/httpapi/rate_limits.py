"""Fixed-window rate limiter in PostgreSQL, shared by all instances of a service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    Table,
    Update,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.schema import CreateIndex, CreateTable

from vinculo.process import Executes, prune_statement

metadata = MetaData()

rate_limits = Table(
    "rate_limits",
    metadata,
    Column("key", LargeBinary, primary_key=True),
    Column("window_seconds", Integer, primary_key=True),
    Column("hits", Integer, nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Index("rate_limits_ends_at", "ends_at"),
)


def create_rate_limits_table(op: Executes) -> None:
    """Create the table; for an Alembic revision of a service."""
    op.execute(CreateTable(rate_limits))
    for index in rate_limits.indexes:
        op.execute(CreateIndex(index))


class RateLimited(Exception):
    """A quota is used up; `retry_after_seconds` is when its window ends."""

    def __init__(self, retry_after_seconds: int) -> None:
        super().__init__(f"try again in {retry_after_seconds} s")
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `limit` hits in a window, which begins with the first hit."""

    limit: int
    window: timedelta

    @property
    def window_seconds(self) -> int:
        return int(self.window.total_seconds())


@dataclass(frozen=True, slots=True)
class RateLimiter:
    engine: AsyncEngine

    async def hit(
        self,
        key: bytes,
        quotas: Sequence[Quota],
        now: datetime,
        connection: AsyncConnection | None = None,
    ) -> None:
        """Count a hit against all quotas of the key; a refused hit counts against none.

        A key that is made of personal data must be a keyed hash. In the transaction of a given
        connection a hit counts only if that transaction is committed.

        Raises:
            RateLimited: at least one quota is used up.

        """
        if connection is not None:
            await _hit(connection, key, quotas, now)
            return
        async with self.engine.begin() as own:
            await _hit(own, key, quotas, now)


async def _hit(
    connection: AsyncConnection, key: bytes, quotas: Sequence[Quota], now: datetime
) -> None:
    by_window = {quota.window_seconds: quota for quota in quotas}
    columns = rate_limits.c
    await connection.execute(_insert_missing(key, quotas, now))
    rows = (
        await connection.execute(
            select(rate_limits)
            .where(columns.key == key, columns.window_seconds.in_(by_window))
            .order_by(columns.window_seconds)
            .with_for_update()
        )
    ).all()
    waits = [
        row.ends_at - now
        for row in rows
        if row.ends_at > now and row.hits >= by_window[row.window_seconds].limit
    ]
    if waits:
        raise RateLimited(ceil(max(waits).total_seconds()))
    for row in rows:
        await connection.execute(_increment(row, by_window[row.window_seconds], now))
    await connection.execute(prune_statement(rate_limits, columns.ends_at < now))


def _insert_missing(key: bytes, quotas: Sequence[Quota], now: datetime) -> Insert:
    rows = [
        {
            "key": key,
            "window_seconds": quota.window_seconds,
            "hits": 0,
            "ends_at": now + quota.window,
        }
        for quota in sorted(quotas, key=lambda quota: quota.window)
    ]
    return insert(rate_limits).values(rows).on_conflict_do_nothing()


def _increment(row: Row[Any], quota: Quota, now: datetime) -> Update:
    is_over = row.ends_at <= now
    return (
        update(rate_limits)
        .where(rate_limits.c.key == row.key, rate_limits.c.window_seconds == row.window_seconds)
        .values(
            hits=1 if is_over else row.hits + 1,
            ends_at=now + quota.window if is_over else row.ends_at,
        )
    )
