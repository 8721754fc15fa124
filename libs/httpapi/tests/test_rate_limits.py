"""The rate limiter on real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.eventstore import create_engine
from vinculo.httpapi.rate_limits import (
    Quota,
    RateLimited,
    RateLimiter,
    create_rate_limits_table,
    rate_limits,
)
from vinculo.testing.fixture_types import NewDatabase

pytestmark = pytest.mark.servers

NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)
A_MINUTE, AN_HOUR = Quota(2, timedelta(minutes=1)), Quota(3, timedelta(hours=1))


async def create_table(url: str) -> None:
    def create(connection: Connection) -> None:
        create_rate_limits_table(Operations(MigrationContext.configure(connection)))

    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(create)
    await engine.dispose()


@pytest_asyncio.fixture
async def engine(new_database: NewDatabase) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(await new_database(create_table, "rates"), pool_size=4)
    yield engine
    await engine.dispose()


@pytest.fixture
def limiter(engine: AsyncEngine) -> RateLimiter:
    return RateLimiter(engine)


async def wait_after(limiter: RateLimiter, now: datetime, *quotas: Quota) -> int:
    with pytest.raises(RateLimited) as limited:
        await limiter.hit(b"k", quotas, now)
    return limited.value.retry_after_seconds


async def test_hits_beyond_the_quota_are_refused_until_the_window_ends(
    limiter: RateLimiter,
) -> None:
    for _ in range(2):
        await limiter.hit(b"k", [A_MINUTE], NOW)

    assert await wait_after(limiter, NOW + timedelta(seconds=20), A_MINUTE) == 40
    await limiter.hit(b"other", [A_MINUTE], NOW)
    await limiter.hit(b"k", [A_MINUTE], NOW + timedelta(seconds=60))


async def test_a_refused_hit_counts_against_no_quota(limiter: RateLimiter) -> None:
    for _ in range(2):
        await limiter.hit(b"k", [A_MINUTE, AN_HOUR], NOW)
    for _ in range(5):
        assert await wait_after(limiter, NOW, A_MINUTE, AN_HOUR) == 60

    await limiter.hit(b"k", [A_MINUTE, AN_HOUR], NOW + timedelta(minutes=1))
    assert await wait_after(limiter, NOW + timedelta(minutes=5), A_MINUTE, AN_HOUR) == 55 * 60


async def test_simultaneous_hits_do_not_exceed_the_quota(limiter: RateLimiter) -> None:
    results = await asyncio.gather(
        *(limiter.hit(b"k", [AN_HOUR], NOW) for _ in range(12)), return_exceptions=True
    )

    assert sum(result is None for result in results) == 3


async def test_ended_windows_are_pruned(limiter: RateLimiter, engine: AsyncEngine) -> None:
    for number in range(30):
        await limiter.hit(b"%d" % number, [A_MINUTE], NOW)
    for number in range(3):
        await limiter.hit(b"later %d" % number, [A_MINUTE], NOW + timedelta(hours=1))

    async with engine.connect() as connection:
        left = await connection.scalar(select(func.count()).select_from(rate_limits))
    assert left == 3


async def test_a_hit_in_a_transaction_that_is_rolled_back_does_not_count(
    limiter: RateLimiter,
) -> None:
    once = Quota(1, timedelta(minutes=1))
    async with limiter.engine.connect() as connection, connection.begin() as transaction:
        await limiter.hit(b"k", [once], NOW, connection)
        await transaction.rollback()

    await limiter.hit(b"k", [once], NOW)
    assert await wait_after(limiter, NOW, once) == 60
