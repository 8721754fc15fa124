"""What only PostgreSQL has: transactions, side rows, the outbox, immutable events."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import VersionConflict, uuid7
from vinculo.eventstore import (
    CommandResult,
    NewEvent,
    PostgresEventStore,
    create_engine,
    execute,
    raise_store_epoch,
)
from vinculo.eventstore.tables import events, outbox, streams
from vinculo.eventstore.testing import create_event_database
from vinculo.testing.fixture_types import NewDatabase

from .test_command_handler import ACCOUNTS, OPEN, NamedEnvelopes

pytestmark = pytest.mark.servers

ANA = UUID(int=1)


class SideRowFailed(Exception):
    pass


@pytest.fixture
async def store(new_database: NewDatabase) -> AsyncIterator[PostgresEventStore]:
    engine = create_engine(await new_database(create_event_database, name="eventstore"))
    yield PostgresEventStore(engine)
    await engine.dispose()


def event() -> NewEvent:
    return NewEvent(event_id=uuid7(), type="said.v1", data={})


async def notes(store: PostgresEventStore) -> list[str]:
    async with store.engine.connect() as connection:
        return list((await connection.execute(text("SELECT note FROM notes"))).scalars())


async def note(connection: AsyncConnection, text_: str) -> None:
    await connection.execute(text("INSERT INTO notes VALUES (:note)"), {"note": text_})


async def test_an_append_and_side_rows_commit_together(store: PostgresEventStore) -> None:
    async with store.transaction() as connection:
        await store.append(
            "talk-1", subject=ANA, expected_version=0, events=[event()], connection=connection
        )
        await note(connection, "said")
        assert await store.read("talk-1") == []

    assert len(await store.read("talk-1")) == 1
    assert await notes(store) == ["said"]


async def test_an_append_and_side_rows_roll_back_together(store: PostgresEventStore) -> None:
    async def fail() -> None:
        async with store.transaction() as connection:
            await store.append(
                "talk-1", subject=ANA, expected_version=0, events=[event()], connection=connection
            )
            await note(connection, "said")
            raise SideRowFailed

    with pytest.raises(SideRowFailed):
        await fail()

    assert await store.read("talk-1") == []
    assert await notes(store) == []


async def test_an_append_as_the_first_statement_of_a_transaction_is_rolled_back(
    store: PostgresEventStore,
) -> None:
    async def fail() -> None:
        async with store.engine.begin() as connection:
            await store.append(
                "talk-1", subject=ANA, expected_version=0, events=[event()], connection=connection
            )
            raise SideRowFailed

    with pytest.raises(SideRowFailed):
        await fail()

    assert await store.read("talk-1") == []


async def test_a_transaction_reads_its_own_append(store: PostgresEventStore) -> None:
    async with store.transaction() as connection:
        await store.append(
            "talk-1", subject=ANA, expected_version=0, events=[event()], connection=connection
        )

        assert len(await store.read("talk-1", connection=connection)) == 1


async def test_every_event_has_an_outbox_row_in_order(store: PostgresEventStore) -> None:
    await store.append("talk-1", subject=ANA, expected_version=0, events=[event(), event()])
    await store.append("talk-1", subject=ANA, expected_version=2, events=[event()])

    async with store.engine.connect() as connection:
        rows = (
            await connection.execute(
                select(outbox.c.stream_id, outbox.c.version).order_by(outbox.c.id)
            )
        ).all()
        head = (await connection.execute(select(streams))).one()
    assert [tuple(row) for row in rows] == [("talk-1", 1), ("talk-1", 2), ("talk-1", 3)]
    assert tuple(head) == ("talk-1", ANA, 3)


async def test_after_a_conflict_the_connection_can_be_used(store: PostgresEventStore) -> None:
    async with store.transaction() as connection:
        with pytest.raises(VersionConflict):
            await store.append(
                "talk-1", subject=ANA, expected_version=4, events=[event()], connection=connection
            )
        await note(connection, "still here")

    assert await notes(store) == ["still here"]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE events SET type = 'other'", "DELETE FROM events", "TRUNCATE events"],
)
async def test_stored_events_cannot_be_changed(store: PostgresEventStore, statement: str) -> None:
    await store.append("talk-1", subject=ANA, expected_version=0, events=[event()])

    with pytest.raises(DBAPIError, match="append-only"):
        async with store.engine.begin() as connection:
            await connection.execute(text(statement))

    assert [e.type for e in await store.read("talk-1")] == ["said.v1"]


async def test_side_rows_are_written_only_with_events(
    store: PostgresEventStore,
) -> None:
    async def write_side_row(connection: AsyncConnection, result: CommandResult[Any, Any]) -> None:
        await note(connection, f"version {result.version}")

    for _ in range(2):
        await execute(
            store,
            ACCOUNTS,
            OPEN.account_id,
            OPEN,
            encryptor=NamedEnvelopes(),
            on_appended=write_side_row,
        )

    assert await notes(store) == ["version 1"]


async def test_a_command_whose_side_rows_fail_appends_no_event(store: PostgresEventStore) -> None:
    async def write_side_row(connection: AsyncConnection, result: CommandResult[Any, Any]) -> None:
        await note(connection, f"version {result.version}")
        raise SideRowFailed

    with pytest.raises(SideRowFailed):
        await execute(
            store,
            ACCOUNTS,
            OPEN.account_id,
            OPEN,
            encryptor=NamedEnvelopes(),
            on_appended=write_side_row,
        )

    assert await store.read(ACCOUNTS.stream_id(OPEN.account_id)) == []
    assert await notes(store) == []


async def test_a_command_can_join_a_transaction(store: PostgresEventStore) -> None:
    async def fail() -> None:
        async with store.transaction() as connection:
            result = await execute(
                store,
                ACCOUNTS,
                OPEN.account_id,
                OPEN,
                encryptor=NamedEnvelopes(),
                connection=connection,
            )
            assert result.version == 1
            raise SideRowFailed

    with pytest.raises(SideRowFailed):
        await fail()

    assert await store.read(ACCOUNTS.stream_id(OPEN.account_id)) == []


async def test_the_core_tables_match_the_migration(
    store: PostgresEventStore,
) -> None:
    await store.append("talk-1", subject=ANA, expected_version=0, events=[event()])

    async with store.engine.connect() as connection:
        row = (await connection.execute(select(events))).one()
    assert (row.stream_id, row.subject, row.version, row.data) == ("talk-1", ANA, 1, {})
    assert row.recorded_at < datetime.now(UTC)


async def test_connections_closed_by_the_server_are_replaced(store: PostgresEventStore) -> None:
    await store.append("talk-1", subject=ANA, expected_version=0, events=[event()])
    async with store.engine.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )

    async def append() -> bool:
        try:
            await store.append("talk-1", subject=ANA, expected_version=1, events=[event()])
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return False
        return True

    assert await append() or await append()
    async with store.transaction() as connection:
        await note(connection, "back")


async def test_many_appends_and_transactions_share_a_small_pool(new_database: NewDatabase) -> None:
    engine = create_engine(
        await new_database(create_event_database, name="eventstore"), pool_size=2
    )
    store = PostgresEventStore(engine)

    async def append(stream: str) -> None:
        await store.append(stream, subject=ANA, expected_version=0, events=[event()])

    async def transact(number: int) -> None:
        async with store.transaction() as connection:
            await note(connection, str(number))

    await asyncio.gather(
        *(append(f"talk-{n}") for n in range(50)), *(transact(n) for n in range(50))
    )

    assert len(await notes(store)) == 50
    await engine.dispose()


async def test_events_carry_the_epoch_that_the_last_restore_has_begun(
    store: PostgresEventStore,
) -> None:
    url = store.engine.url.render_as_string(hide_password=False)
    subject = uuid7()
    stream = f"talk-{subject}"

    async def append(version: int) -> None:
        event = NewEvent(event_id=uuid7(), type="said.v1", data={})
        await store.append(stream, subject=subject, expected_version=version - 1, events=[event])

    await append(1)
    first = await raise_store_epoch(url)
    await append(2)
    second = await raise_store_epoch(url)
    await append(3)

    assert [event.store_epoch for event in await store.read(stream)] == [1, first, second]
    assert 1 < first < second
