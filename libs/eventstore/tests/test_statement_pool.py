"""Cached connections are closed with their engine at any time."""

import asyncio
from typing import Any

import asyncpg
import pytest

from vinculo.eventstore import create_engine
from vinculo.eventstore.statement_pool import StatementPool
from vinculo.testing.fixture_types import NewDatabase

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("statements", [1, 4])
@pytest.mark.parametrize("ticks", [0, 1, 2])
async def test_disposing_the_engine_closes_idle_and_returning_connections(
    new_database: NewDatabase, ticks: int, statements: int
) -> None:
    engine = create_engine(await new_database(name="pool"))
    pool = StatementPool(engine)
    used: list[asyncpg.Connection[Any]] = []
    all_running = asyncio.Barrier(statements)

    async def work(driver: "asyncpg.Connection[Any]") -> None:
        used.append(driver)
        await all_running.wait()

    await asyncio.gather(*(pool.run(work) for _ in range(statements)))
    for _ in range(ticks):
        pool._tick()  # noqa: SLF001 - a connection is being returned then
    await engine.dispose()

    assert [driver.is_closed() for driver in used] == [True] * statements


async def test_a_statement_that_outlasts_its_engine_leaves_no_connection_open(
    new_database: NewDatabase,
) -> None:
    engine = create_engine(await new_database(name="pool"))
    pool = StatementPool(engine)
    used: list[asyncpg.Connection[Any]] = []
    begun, disposed = asyncio.Event(), asyncio.Event()

    async def work(driver: "asyncpg.Connection[Any]") -> None:
        used.append(driver)
        begun.set()
        await disposed.wait()

    running = asyncio.create_task(pool.run(work))
    await begun.wait()
    await engine.dispose()
    disposed.set()
    await running

    assert [driver.is_closed() for driver in used] == [True]
