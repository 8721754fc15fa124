"""The event store on PostgreSQL: one statement per append, on asyncpg under SQLAlchemy's pool."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.eventstore.append_sql import APPEND, HEAD, READ
from vinculo.eventstore.driver_lanes import DriverLanes, driver_of
from vinculo.eventstore.encoding import Row, meta_from_json, row_of
from vinculo.eventstore.events import NewEvent, StoredEvent, SubjectMismatch, VersionConflict
from vinculo.eventstore.reached import note_reached


class PostgresEventStore:
    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self._lanes = DriverLanes(engine)

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
            rows = await self._lanes.autocommit(lambda driver: driver.fetch(READ, stream_id))
        note_reached(stream_id, len(rows))
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
        rows = [row_of(event) for event in events]
        if connection is not None:
            driver = await _in_transaction(connection)
            version = await _append(driver, stream_id, subject, expected_version, rows)
        else:
            version = await self._lanes.autocommit(
                lambda driver: _append(driver, stream_id, subject, expected_version, rows)
            )
        note_reached(stream_id, version)
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
    )


async def _append(
    driver: "asyncpg.Connection[Any]",
    stream_id: str,
    subject: UUID,
    expected_version: int,
    rows: Sequence[Row],
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
    rows: Sequence[Row],
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
    """Make sure that BEGIN has reached the driver.

    SQLAlchemy sends it with its own first statement only. A statement given to the driver before
    that would commit by itself, and a later rollback would leave its events stored.
    """
    driver = await driver_of(connection)
    if not driver.is_in_transaction():
        await connection.exec_driver_sql("SELECT 1")
    return driver
