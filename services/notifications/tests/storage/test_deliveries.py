"""The table of deliveries stays small to read, and rows that ended long ago are deleted."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.eventstore import create_engine
from vinculo.eventstore.migrations import migrate
from vinculo.notifications.storage.deliveries import DeliveryState, ended_before, measure_backlog
from vinculo.notifications.storage.tables import deliveries
from vinculo.process import pruning_job
from vinculo.testing.fixture_types import NewDatabase

pytestmark = pytest.mark.servers

NOW = datetime(2026, 11, 1, tzinfo=UTC)
migrate_notifications = partial(migrate, package="vinculo.notifications")


@pytest.fixture
async def engine(new_database: NewDatabase) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(await new_database(migrate_notifications, "notifications"))
    yield engine
    await engine.dispose()


async def add(engine: AsyncEngine, state: DeliveryState, age_days: int, count: int = 1) -> None:
    moment = NOW - timedelta(days=age_days)
    rows = [
        {
            "message_id": uuid4(),
            "person_id": uuid4(),
            "template": "welcome",
            "cause_event_id": uuid4(),
            "happened_at": moment,
            "state": state.value,
            "next_attempt_at": moment,
        }
        for _ in range(count)
    ]
    async with engine.begin() as connection:
        await connection.execute(insert(deliveries), rows)


async def test_only_deliveries_that_ended_long_ago_are_deleted(engine: AsyncEngine) -> None:
    for state in DeliveryState:
        await add(engine, state, age_days=181)
        await add(engine, state, age_days=179)

    job = pruning_job(deliveries, lambda: ended_before(NOW - timedelta(days=180)), engine)
    assert await job.run_once()

    async with engine.connect() as connection:
        left = (
            await connection.execute(select(deliveries.c.state, deliveries.c.happened_at))
        ).all()
    old = {state for state, happened_at in left if happened_at < NOW - timedelta(days=180)}
    assert old == {"waiting", "due", "held"}
    assert len(left) == len(DeliveryState) + len(old)


async def test_the_backlog_is_measured_without_reading_what_was_sent(engine: AsyncEngine) -> None:
    await add(engine, DeliveryState.SENT, age_days=1, count=5_000)
    await add(engine, DeliveryState.DUE, age_days=1, count=2)
    await add(engine, DeliveryState.WAITING, age_days=2)
    async with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        await connection.execute(text("VACUUM ANALYZE deliveries"))
        await connection.execute(text("SELECT pg_stat_reset()"))
    async with engine.connect() as connection:
        backlog = await measure_backlog(connection, now=NOW)
        plan = await connection.execute(
            text(
                "EXPLAIN SELECT state, count(*), min(happened_at) FROM deliveries"
                " WHERE state IN ('waiting', 'due', 'held') GROUP BY state"
            )
        )
        lines = [line for (line,) in plan]

    assert (backlog.due, backlog.waiting) == (2, 1)
    assert backlog.oldest_due_age_seconds == timedelta(days=1).total_seconds()
    assert any("deliveries_open" in line for line in lines), lines
