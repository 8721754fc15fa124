"""Checkpoints of consumers in PostgreSQL: the last applied version of every stream.

Checkpoints are saved in the transaction of the effects. Statements go directly to the driver: with
SQLAlchemy they cost five times as much, and most records are decided by them alone.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.eventstore import StatementPool, driver_connection
from vinculo.messaging.checkpoints import (
    DecidedRecord,
    FaultKind,
    LetterKey,
    QuarantinedStream,
    Resolution,
    SkippedRun,
)
from vinculo.messaging.consumed_event import ConsumedEvent
from vinculo.messaging.consumer import is_resolved
from vinculo.messaging.decoding import DecodedRecord, subject_of
from vinculo.messaging.error_kinds import fault_kind
from vinculo.messaging.ordering_policy import Disposition, QuarantineReason, StreamState
from vinculo.process import crash_point

Apply: TypeAlias = Callable[[AsyncConnection, Sequence[ConsumedEvent]], Awaitable[None]]
OnDeadLetters: TypeAlias = Callable[[AsyncConnection, Sequence[DecodedRecord]], Awaitable[None]]

# A row that another transaction has locked is checked again after it ends, quarantine included.
_SKIP: Final = """
WITH skipped AS (
    SELECT * FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::uuid[], $6::bigint[])
        AS run (stream_id, first_version, last_version, event_id, store_epoch)
), advanced AS (
    UPDATE consumed_streams AS c SET
        last_version = run.last_version,
        event_id = run.event_id,
        store_epoch = run.store_epoch
    FROM skipped AS run
    WHERE c.consumer = $1 AND c.stream_id = run.stream_id
        AND c.last_version = run.first_version - 1 AND c.last_dead_lettered_version IS NULL
    RETURNING c.stream_id
), begun AS (
    INSERT INTO consumed_streams (consumer, stream_id, last_version, event_id, store_epoch)
    SELECT $1, stream_id, last_version, event_id, store_epoch FROM skipped
    WHERE first_version = 1
    ON CONFLICT (consumer, stream_id) DO NOTHING
    RETURNING stream_id
)
SELECT stream_id FROM advanced UNION ALL SELECT stream_id FROM begun
"""

_LOCK: Final = """
SELECT stream_id, last_version, event_id, store_epoch, last_dead_lettered_version, reason
FROM consumed_streams WHERE consumer = $1 AND stream_id = ANY($2::text[])
ORDER BY stream_id FOR UPDATE
"""

# The update changes nothing, but locks and returns a row that was inserted meanwhile.
_LOCK_NEW: Final = """
INSERT INTO consumed_streams AS c (consumer, stream_id, last_version)
SELECT $1, stream_id, 0 FROM unnest($2::text[]) AS stream_id ORDER BY stream_id
ON CONFLICT (consumer, stream_id) DO UPDATE SET last_version = c.last_version
RETURNING stream_id, last_version, event_id, store_epoch, last_dead_lettered_version, reason
"""

_SAVE: Final = """
UPDATE consumed_streams AS c SET
    last_version = n.last_version, event_id = n.event_id, store_epoch = n.store_epoch,
    last_dead_lettered_version = n.last_dead_lettered_version,
    reason = n.reason,
    quarantined_since = CASE WHEN n.reason IS NULL THEN NULL
        ELSE coalesce(c.quarantined_since, clock_timestamp()) END,
    subject = CASE WHEN n.reason IS NULL THEN NULL ELSE coalesce(c.subject, n.subject) END,
    topic = CASE WHEN n.reason IS NULL THEN NULL ELSE coalesce(c.topic, n.topic) END,
    partition = CASE WHEN n.reason IS NULL THEN NULL ELSE coalesce(c.partition, n.partition) END,
    "offset" = CASE WHEN n.reason IS NULL THEN NULL ELSE coalesce(c."offset", n."offset") END
FROM unnest($2::text[], $3::bigint[], $4::uuid[], $5::bigint[], $6::bigint[], $7::text[],
            $8::uuid[], $9::text[], $10::integer[], $11::bigint[])
    AS n (stream_id, last_version, event_id, store_epoch, last_dead_lettered_version, reason,
          subject, topic, partition, "offset")
WHERE c.consumer = $1 AND c.stream_id = n.stream_id
"""

_QUARANTINED: Final = """
SELECT stream_id, last_version, last_dead_lettered_version, reason, quarantined_since AS since,
    subject, coalesce(topic, '') AS topic, coalesce(partition, 0) AS partition,
    coalesce("offset", 0) AS "offset"
FROM consumed_streams WHERE consumer = $1 AND last_dead_lettered_version IS NOT NULL
ORDER BY quarantined_since, stream_id
"""

_RESOLVE: Final = """
INSERT INTO resolved_dead_letters
    (consumer, topic, partition, "offset", event_key, outcome, resolved_by, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
"""

_RESOLVED: Final = """
SELECT topic, partition, "offset", event_key FROM resolved_dead_letters
WHERE consumer = $1
"""

_FORGET_RESOLUTIONS: Final = """
DELETE FROM resolved_dead_letters AS resolved
WHERE consumer = $1 AND outcome <> 'discarded' AND resolved_at < $2 AND NOT EXISTS (
    SELECT FROM unnest($3::text[], $4::integer[], $5::bigint[], $6::text[])
        AS remaining (topic, partition, "offset", event_key)
    WHERE (remaining.topic, remaining.partition, remaining."offset")
            = (resolved.topic, resolved.partition, resolved."offset")
        AND resolved.event_key IN ('', remaining.event_key)
) RETURNING 1
"""

_REWIND: Final = """
UPDATE consumed_streams
SET last_version = $3, event_id = NULL, store_epoch = NULL, reason = 'poison'
WHERE consumer = $1 AND stream_id = $2 AND reason = 'diverged'
RETURNING stream_id
"""

Driver: TypeAlias = "asyncpg.Connection[Any]"


class PostgresCheckpoints:
    """`consumer` is the full name of the consumer group.

    `apply` gets consecutive new events of one stream, in order, in the transaction that also saves
    the checkpoint. Several streams may share the transaction, so `apply` must have no effect
    outside it, and it must neither commit nor roll back.

    `prepare` gets all events of the transaction before the first is applied, to lock in one order
    what they change. `on_dead_letters` gets the records that the transaction dead-letters.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        consumer: str,
        apply: Apply,
        *,
        prepare: Apply | None = None,
        on_dead_letters: OnDeadLetters | None = None,
    ) -> None:
        self._engine = engine
        self._consumer = consumer
        self._effects = Effects(apply, prepare, on_dead_letters)
        self._statements = StatementPool(engine)

    async def skip(self, runs: Sequence[SkippedRun]) -> Collection[str]:
        """One statement, committed on its own."""
        ordered = sorted(runs)
        columns = [list(column) for column in zip(*ordered, strict=True)]
        rows = await self._statements.run(
            lambda driver: driver.fetch(_SKIP, self._consumer, *columns)
        )
        return {row["stream_id"] for row in rows}

    @asynccontextmanager
    async def begin(self, records: Sequence[DecodedRecord]) -> AsyncIterator["PostgresUnitOfWork"]:
        """A transaction that holds the checkpoints of the records' streams locked."""
        streams = sorted({record.position[0] for record in records if record.position is not None})
        async with self._transaction() as (connection, driver):
            states = await self._lock(driver, streams)
            yield PostgresUnitOfWork(connection, driver, self._consumer, self._effects, states)

    async def quarantined_streams(self) -> list[QuarantinedStream]:
        rows = await self._statements.run(lambda driver: driver.fetch(_QUARANTINED, self._consumer))
        return [
            QuarantinedStream(**{**dict(row), "reason": QuarantineReason(row["reason"])})
            for row in rows
        ]

    async def unresolved(self, letters: Mapping[LetterKey, DecodedRecord]) -> Collection[LetterKey]:
        rows = await self._statements.run(lambda driver: driver.fetch(_RESOLVED, self._consumer))
        resolved = {LetterKey(*row) for row in rows}
        return [key for key in letters if not is_resolved(key, resolved)]

    async def forget_resolutions(self, remaining: AbstractSet[LetterKey], before: datetime) -> int:
        columns = [list(column) for column in zip(*remaining, strict=True)] or [[], [], [], []]
        rows = await self._statements.run(
            lambda driver: driver.fetch(_FORGET_RESOLUTIONS, self._consumer, before, *columns)
        )
        return len(rows)

    async def rewind(self, stream_id: str, version: int) -> bool:
        rows = await self._statements.run(
            lambda driver: driver.fetch(_REWIND, self._consumer, stream_id, version)
        )
        return bool(rows)

    def fault_kind(self, error: Exception) -> FaultKind:
        return fault_kind(error)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[tuple[AsyncConnection, Driver]]:
        """The driver's transaction; SQLAlchemy's connection above it takes part.

        In its AUTOCOMMIT mode SQLAlchemy begins none of its own.
        """
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            driver = await driver_connection(connection)
            async with driver.transaction():
                yield connection, driver

    async def _lock(self, driver: Driver, streams: Sequence[str]) -> dict[str, StreamState]:
        """The checkpoints, locked in the order of their streams; new ones are made."""
        if not streams:
            return {}
        rows = await driver.fetch(_LOCK, self._consumer, streams)
        found = {row["stream_id"] for row in rows}
        if new := [stream for stream in streams if stream not in found]:
            rows += await driver.fetch(_LOCK_NEW, self._consumer, new)
        return {row["stream_id"]: _state(row) for row in rows}


@dataclass(frozen=True, slots=True)
class Effects:
    """What the consumer does in the transaction of the checkpoints."""

    apply: Apply
    prepare: Apply | None
    on_dead_letters: OnDeadLetters | None


class PostgresUnitOfWork:
    def __init__(
        self,
        connection: AsyncConnection,
        driver: Driver,
        consumer: str,
        effects: Effects,
        states: Mapping[str, StreamState],
    ) -> None:
        self._connection = connection
        self._driver = driver
        self._consumer = consumer
        self._effects = effects
        self._states = states

    def state(self, stream_id: str) -> StreamState:
        return self._states[stream_id]

    async def commit(
        self, decided: Sequence[DecidedRecord], resolutions: Sequence[Resolution] = ()
    ) -> None:
        """Apply and save; the transaction is committed at the end of the block."""
        streams = _events_by_stream(decided)
        if self._effects.prepare is not None and streams:
            every = [event for events in streams for event in events]
            await self._effects.prepare(self._connection, every)
        for events in streams:
            await self._effects.apply(self._connection, events)
        await self._save(decided)
        dead_lettered = [each.record for each in decided if each.decision.reason is not None]
        if self._effects.on_dead_letters is not None and dead_lettered:
            await self._effects.on_dead_letters(self._connection, dead_lettered)
        for each in resolutions:
            await self._driver.execute(
                _RESOLVE, self._consumer, *each.key, each.outcome, each.resolved_by, each.reason
            )
        crash_point("consumer-before-commit-transaction")

    async def _save(self, decided: Sequence[DecidedRecord]) -> None:
        last: dict[str, DecidedRecord] = {}
        first_letter: dict[str, DecidedRecord] = {}
        for each in decided:
            if each.record.position is None:
                continue
            stream_id = each.record.position[0]
            last[stream_id] = each
            if each.decision.disposition is Disposition.QUARANTINE:
                first_letter.setdefault(stream_id, each)
        changed = {s: each for s, each in last.items() if each.state != self._states[s]}
        if not changed:
            return
        rows = [
            (
                stream_id,
                each.state.last_version,
                each.state.event_id,
                each.state.store_epoch,
                each.state.last_dead_lettered_version,
                each.state.reason,
                *_place(first_letter.get(stream_id, each).record),
            )
            for stream_id, each in changed.items()
        ]
        columns = [list(column) for column in zip(*rows, strict=True)]
        await self._driver.execute(_SAVE, self._consumer, *columns)


def _state(row: asyncpg.Record) -> StreamState:
    return StreamState(
        last_version=row["last_version"],
        event_id=row["event_id"],
        store_epoch=row["store_epoch"],
        last_dead_lettered_version=row["last_dead_lettered_version"],
        reason=None if row["reason"] is None else QuarantineReason(row["reason"]),
    )


def _events_by_stream(decided: Sequence[DecidedRecord]) -> list[list[ConsumedEvent]]:
    """The events to apply, stream by stream in the order of the streams' locks."""
    streams: dict[str, list[ConsumedEvent]] = {}
    for each in decided:
        if each.decision.disposition is Disposition.APPLY and each.record.event is not None:
            streams.setdefault(each.record.event.stream_id, []).append(each.record.event)
    return [streams[stream_id] for stream_id in sorted(streams)]


def _place(decoded: DecodedRecord) -> tuple[UUID | None, str, int, int]:
    record = decoded.record
    return subject_of(record), record.topic, record.partition, record.offset
