"""Pruning of expired rows on real PostgreSQL."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.eventstore import create_engine
from vinculo.process import prune_statement, pruning_job
from vinculo.process import tables as tables_module
from vinculo.testing.fixture_types import NewDatabase

pytestmark = pytest.mark.servers

metadata = MetaData()
tokens = Table(
    "tokens",
    metadata,
    Column("owner", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("expires_at", Integer, nullable=False),
)
EXPIRED = tokens.c.expires_at < 10


@pytest_asyncio.fixture
async def engine(new_database: NewDatabase) -> AsyncIterator[AsyncEngine]:
    """A database with 30 expired tokens and one that is valid."""
    engine = create_engine(await new_database(name="pruning"))
    rows = [{"owner": n % 3, "number": n, "expires_at": 0 if n else 10} for n in range(31)]
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)
        await connection.execute(insert(tokens), rows)
    yield engine
    await engine.dispose()


async def prune(engine: AsyncEngine, limit: int) -> int:
    async with engine.begin() as connection:
        await connection.execute(prune_statement(tokens, EXPIRED, limit))
        return await connection.scalar(select(func.count()).select_from(tokens)) or 0


async def test_at_most_the_limit_is_deleted_and_only_expired_rows(engine: AsyncEngine) -> None:
    assert [await prune(engine, limit=20) for _ in range(3)] == [11, 1, 1]


async def test_locked_rows_are_skipped(engine: AsyncEngine) -> None:
    async with engine.begin() as other:
        await other.execute(select(tokens).where(tokens.c.owner == 1).with_for_update())

        assert await prune(engine, limit=100) == 11

    assert await prune(engine, limit=100) == 1


async def test_a_job_deletes_all_expired_rows_in_several_transactions(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables_module, "ROWS_PER_TRANSACTION", 10)
    job = pruning_job(tokens, lambda: EXPIRED, engine)

    assert job.name == "prune-tokens"
    assert await job.run_once()
    assert await prune(engine, limit=0) == 1
