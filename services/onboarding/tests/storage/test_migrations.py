"""A database of an earlier version migrates, with its rows, to what the code reads."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.eventstore import create_engine
from vinculo.eventstore.migrations import migrate
from vinculo.httpapi.rate_limits import Quota, RateLimited, RateLimiter, rate_limits
from vinculo.onboarding.storage.tables import metadata
from vinculo.testing.fixture_types import NewDatabase

pytestmark = pytest.mark.servers

SERVICE = "vinculo.onboarding"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOURLY = Quota(3, timedelta(hours=1))


async def columns(engine: AsyncEngine, table: str) -> set[str]:
    async with engine.connect() as connection:
        found = await connection.run_sync(lambda plain: inspect(plain).get_columns(table))
    return {str(column["name"]) for column in found}


async def index_names(engine: AsyncEngine, table: str) -> set[str]:
    statement = text("SELECT indexname FROM pg_indexes WHERE tablename = :name")
    async with engine.connect() as connection:
        return set(await connection.scalars(statement, {"name": table}))


async def test_counted_tries_become_rate_limits_with_their_counts(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url, SERVICE, revision="0006")
    engine = create_engine(url, pool_size=1)
    async with engine.begin() as connection:
        await connection.execute(
            text("INSERT INTO counted_tries VALUES (:counter, 3600, 3, :ends_at)"),
            {"counter": b"address", "ends_at": NOW + timedelta(minutes=20)},
        )
    await migrate(url, SERVICE)

    with pytest.raises(RateLimited) as limited:
        await RateLimiter(engine).hit(b"address", [HOURLY], NOW)
    assert limited.value.retry_after_seconds == 20 * 60
    await RateLimiter(engine).hit(b"another", [HOURLY], NOW)
    async with engine.connect() as connection:
        rows = (await connection.execute(select(rate_limits))).all()
    assert {(row.key, row.hits) for row in rows} == {(b"address", 3), (b"another", 1)}
    assert await index_names(engine, "rate_limits") == {"rate_limits_pkey", "rate_limits_ends_at"}
    await engine.dispose()


async def test_the_newest_revision_has_the_columns_that_the_code_declares(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url, SERVICE)
    engine = create_engine(url, pool_size=1)
    for table in (*metadata.tables.values(), rate_limits):
        assert await columns(engine, table.name) == set(table.columns.keys()), table.name
    await engine.dispose()
