"""The event store on PostgreSQL. Every append is one statement.

The head row of a stream is advanced only from the expected version, and it is locked before an
outbox row gets its id. So a later version of a stream never has a smaller outbox id than an earlier
one, and the relay preserves the order of every stream by reading the outbox in order of ids.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.events.streams import VersionConflict, record_position
from vinculo.eventstore.append_notifier import AppendNotifier
from vinculo.eventstore.codec import EventRow, meta_from_json, to_row
from vinculo.eventstore.events import NewEvent, StoredEvent, SubjectMismatch
from vinculo.eventstore.statement_pool import StatementPool, driver_connection

APPEND = """
WITH advanced AS (
    UPDATE streams SET version = version + cardinality($4::uuid[])
    WHERE stream_id = $1 AND version = $3 AND subject = $2 RETURNING 1
), opened AS (
    INSERT INTO streams (stream_id, subject, version)
    SELECT $1, $2, cardinality($4::uuid[]) WHERE $3 = 0 ON CONFLICT DO NOTHING RETURNING 1
), head AS (
    SELECT 1 FROM advanced UNION ALL SELECT 1 FROM opened
), appended AS (
    INSERT INTO events (stream_id, version, event_id, subject, type, data, personal, meta)
    SELECT $1, $3 + new.ordinal, new.event_id, $2, new.type,
           new.data::jsonb, new.personal::jsonb,
           new.meta::jsonb || (SELECT jsonb_build_object('store_epoch', epoch) FROM store_epoch)
    FROM head, unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[])
         WITH ORDINALITY AS new (event_id, type, data, personal, meta, ordinal)
    ORDER BY new.ordinal
    RETURNING stream_id, version
)
INSERT INTO outbox (stream_id, version)
SELECT stream_id, version FROM appended ORDER BY version RETURNING version
"""

READ = """
SELECT stream_id, version, event_id, subject, type, data, personal, meta, recorded_at
FROM events WHERE stream_id = $1 ORDER BY version
"""

HEAD = "SELECT version, subject FROM streams WHERE stream_id = $1"


class PostgresEventStore:
    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._statements = StatementPool(engine)
        self._notifier = AppendNotifier(engine, self._statements)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        async with self.engine.begin() as connection:
            await _in_transaction(connection)
            yield connection

    async def read(
        self, stream_id: str, *, connection: AsyncConnection | None = None
    ) -> list[StoredEvent]:
        if connection is not None:
            rows = await (await _in_transaction(connection)).fetch(READ, stream_id)
        else:
            rows = await self._statements.run(lambda driver: driver.fetch(READ, stream_id))
        record_position(stream_id, len(rows))
        return [stored_event(row) for row in rows]

    async def append(
        self,
        stream_id: str,
        *,
        subject: UUID,
        expected_version: int,
        events: Sequence[NewEvent],
        connection: AsyncConnection | None = None,
    ) -> int:
        rows = [to_row(event) for event in events]
        if connection is not None:
            driver = await _in_transaction(connection)
            version = await _append(driver, stream_id, subject, expected_version, rows)
            if rows:
                self._notifier.notify_after_commit(connection)
        else:
            version = await self._statements.run(
                lambda driver: _append(driver, stream_id, subject, expected_version, rows)
            )
            if rows:
                self._notifier.notify()
        record_position(stream_id, version)
        return version


def stored_event(row: asyncpg.Record) -> StoredEvent:
    return StoredEvent(
        event_id=row["event_id"],
        stream_id=row["stream_id"],
        subject=row["subject"],
        version=row["version"],
        type=row["type"],
        data=row["data"],
        personal=row["personal"],
        meta=meta_from_json(row["meta"]),
        recorded_at=row["recorded_at"],
        store_epoch=row["meta"].get("store_epoch"),
    )


async def _append(
    driver: "asyncpg.Connection[Any]",
    stream_id: str,
    subject: UUID,
    expected_version: int,
    rows: Sequence[EventRow],
) -> int:
    if rows and await _advance(driver, stream_id, subject, expected_version, rows):
        return expected_version + len(rows)
    head = await driver.fetchrow(HEAD, stream_id)
    actual = 0 if head is None else head["version"]
    if actual != expected_version:
        raise VersionConflict(stream_id, expected_version, actual)
    if head is not None and head["subject"] != subject:
        raise SubjectMismatch(f"{stream_id} belongs to another subject")
    if rows:
        raise VersionConflict(stream_id, expected_version, actual)
    return actual


async def _advance(
    driver: "asyncpg.Connection[Any]",
    stream_id: str,
    subject: UUID,
    expected_version: int,
    rows: Sequence[EventRow],
) -> bool:
    appended = await driver.fetch(
        APPEND,
        stream_id,
        subject,
        expected_version,
        [row.event_id for row in rows],
        [row.type for row in rows],
        [row.data for row in rows],
        [row.personal for row in rows],
        [row.meta for row in rows],
    )
    return bool(appended)


async def _in_transaction(connection: AsyncConnection) -> "asyncpg.Connection[Any]":
    """The driver's connection, after BEGIN has been sent.

    SQLAlchemy sends BEGIN with its own first statement. A statement sent directly to the driver
    before that would be committed on its own, and a later rollback would not remove its events.
    """
    driver = await driver_connection(connection)
    if not driver.is_in_transaction():
        await connection.exec_driver_sql("SELECT 1")
    return driver
