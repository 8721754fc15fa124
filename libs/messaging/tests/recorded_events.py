"""Sample records for the tests of consumers, and an `apply` that records every event in a table."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid5

import orjson
from aiokafka import AIOKafkaProducer, ConsumerRecord  # type: ignore[import-untyped]
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.eventstore import create_engine
from vinculo.messaging import ConsumedEvent, Consumer, PoisonMessage, run_consumer
from vinculo.messaging.consumer_tables import add_quarantine_details, create_consumer_tables
from vinculo.testing.waiting import running_in_background

NAMES = UUID(int=1)
KNOWN_TYPES = frozenset({"said.v1", "coughed.v1"})


async def create_tables(url: str) -> None:
    engine = create_engine(url, pool_size=1)
    async with engine.begin() as connection:
        await connection.run_sync(_create)
    await engine.dispose()


def _create(connection: Connection) -> None:
    op = Operations(MigrationContext.configure(connection))
    create_consumer_tables(op)
    add_quarantine_details(op)
    op.execute(
        "CREATE TABLE effects (id bigserial PRIMARY KEY, stream_id text, version int, words text)"
    )


def parse(type_: str, value: bytes) -> dict[str, Any] | None:
    if type_ != "said.v1":
        return None
    data: dict[str, Any] = orjson.loads(value)
    if not isinstance(data["words"], str):
        raise TypeError("words are text")
    return data


class Recorder:
    """Applies events by inserting them into `effects`.

    The words "poison" and "wide" are refused until `is_fixed`. The next `faults_left` events fail
    with a connection error, and so do all events of `failing_streams`. Those of streams in `errors`
    raise their error.
    """

    def __init__(self) -> None:
        self.is_fixed = False
        self.faults_left = 0
        self.failing_streams: set[str] = set()
        self.errors: dict[str, Exception] = {}

    async def apply(self, connection: AsyncConnection, events: Sequence[ConsumedEvent]) -> None:
        for event in events:
            words = event.payload["words"] if event.payload else "?"
            if event.stream_id in self.errors:
                raise self.errors[event.stream_id]
            if event.stream_id in self.failing_streams:
                raise ConnectionError("no connection to the database")
            if self.faults_left:
                self.faults_left -= 1
                raise ConnectionError("no connection to the database")
            if words == "poison" and not self.is_fixed:
                raise PoisonMessage("words: poison")
            if words == "wide" and not self.is_fixed:
                await connection.execute(text("SELECT 2147483648::int4"))
            await connection.execute(
                text("INSERT INTO effects (stream_id, version, words) VALUES (:s, :v, :w)"),
                {"s": event.stream_id, "v": event.version, "w": words},
            )


async def effects(engine: AsyncEngine) -> list[tuple[str, int, str]]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT stream_id, version, words FROM effects ORDER BY id")
        )
        return [(row.stream_id, row.version, row.words) for row in rows]


async def effects_of(engine: AsyncEngine, stream_id: str) -> list[int]:
    return [version for stream, version, _ in await effects(engine) if stream == stream_id]


async def quarantined(engine: AsyncEngine) -> dict[str, int]:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT * FROM consumed_streams WHERE reason IS NOT NULL")
        )
        return {row.stream_id: row.last_dead_lettered_version for row in rows}


@asynccontextmanager
async def running(consumer: Consumer, retry_seconds: float = 60.0) -> AsyncIterator[None]:
    work = run_consumer(consumer, retry_seconds=retry_seconds)
    async with running_in_background(work) as task:
        yield
        assert not task.done()


def subject_of(stream_id: str) -> UUID:
    return uuid5(NAMES, stream_id)


def headers(stream_id: str, version: int, type_: str = "said.v1") -> list[tuple[str, bytes]]:
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", str(uuid5(NAMES, f"{stream_id}@{version}")).encode()),
        ("ce_source", b"/talks/talks"),
        ("ce_type", f"vinculo.talks.{type_}".encode()),
        ("ce_time", b"2026-01-02T03:04:05Z"),
        ("ce_subject", str(subject_of(stream_id)).encode()),
        ("content-type", b"application/json"),
        ("ce_streamid", stream_id.encode()),
        ("ce_streamversion", str(version).encode()),
    ]


def value(words: object = "hello") -> bytes:
    return orjson.dumps({"words": words})


def record(
    headers: Sequence[tuple[str, bytes | None]],
    value: bytes | None,
    *,
    key: bytes | None = None,
    topic: str = "talks",
) -> ConsumerRecord:
    return ConsumerRecord(
        topic=topic,
        partition=2,
        offset=7,
        timestamp=1_767_323_045_000,
        timestamp_type=0,
        key=key,
        value=value,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=tuple(headers),
    )


class RecordProducer:
    """Sends records to topics, valid or not."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def send_event(
        self, topic: str, stream_id: str, version: int, words: object = "hello"
    ) -> tuple[int, int]:
        return await self.send(
            topic, headers(stream_id, version), value(words), str(subject_of(stream_id)).encode()
        )

    async def send(
        self,
        topic: str,
        headers: Sequence[tuple[str, bytes | None]],
        value: bytes | None,
        key: bytes | None = None,
        partition: int | None = None,
    ) -> tuple[int, int]:
        """Partition and offset of the record."""
        sent = await self._producer.send_and_wait(
            topic, value=value, key=key, headers=list(headers), partition=partition
        )
        return sent.partition, sent.offset


@asynccontextmanager
async def record_producer(kafka: str) -> AsyncIterator[RecordProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    try:
        yield RecordProducer(producer)
    finally:
        await producer.stop()
