"""A consumer with its topics, its database and a producer, ready for a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.eventstore import create_engine
from vinculo.messaging import (
    ConsumedEvent,
    Consumer,
    PostgresCheckpoints,
    TopicSource,
    read_dead_letters,
)
from vinculo.testing.fixture_types import Eventually, MakeTopics, NewDatabase

from .recorded_events import (
    KNOWN_TYPES,
    Recorder,
    RecordProducer,
    create_tables,
    effects,
    effects_of,
    headers,
    parse,
    quarantined,
    record_producer,
    subject_of,
    value,
)


@dataclass
class Harness:
    topic: str
    loans: str
    consumer: Consumer
    recorder: Recorder
    producer: RecordProducer
    engine: AsyncEngine
    eventually: Eventually

    async def wait_for_effects(self, expected: int) -> None:
        async def check() -> object:
            found = len(await effects(self.engine))
            assert found >= expected, f"{found} of {expected} effects"
            return True

        await self.eventually(check)

    async def wait_for_dead_letters(self, expected: int) -> None:
        async def check() -> object:
            found = len(await read_dead_letters(self.consumer.kafka, self.consumer.group))
            assert found >= expected, f"{found} of {expected} dead letters"
            return True

        await self.eventually(check)

    async def wait_for_quarantined(self, expected: dict[str, int]) -> None:
        """The row is written after the dead letter, so it may appear later."""

        async def check() -> object:
            assert await quarantined(self.engine) == expected
            return True

        await self.eventually(check)

    async def effects_of(self, stream_id: str) -> list[int]:
        return await effects_of(self.engine, stream_id)

    async def last_version(self, stream_id: str) -> int:
        async with self.engine.connect() as connection:
            found: int | None = await connection.scalar(
                text("SELECT last_version FROM consumed_streams WHERE stream_id = :s"),
                {"s": stream_id},
            )
            return found or 0

    async def reasons(self) -> dict[str, str]:
        """The reason of each quarantined stream."""
        found = await self.consumer.checkpoints.quarantined_streams()
        return {each.stream_id: each.reason.value for each in found}

    def upgraded(self) -> Consumer:
        """The consumer with code that knows songs."""
        sources = [
            replace(each, known_types=KNOWN_TYPES | {"sung.v1"}, relevant_types=None)
            for each in self.consumer.sources
        ]
        return replace(self.consumer, sources=sources)

    async def partition_of(self, stream_id: str, version: int) -> int:
        """Send an event; the partition that it came to."""
        partition, _ = await self.producer.send_event(self.topic, stream_id, version)
        return partition

    async def send_events(self, stream_id: str, *versions: int) -> None:
        for version in versions:
            await self.producer.send_event(self.topic, stream_id, version)

    async def send_events_to(self, partition: int, stream_id: str, *versions: int) -> None:
        for version in versions:
            await self.producer.send(
                self.topic,
                headers(stream_id, version),
                value(),
                str(subject_of(stream_id)).encode(),
                partition=partition,
            )

    async def send_value(self, stream_id: str, version: int, body: bytes | None) -> tuple[int, int]:
        key = str(subject_of(stream_id)).encode()
        return await self.producer.send(self.topic, headers(stream_id, version), body, key)

    async def send_loans(self, *bodies: bytes) -> None:
        """Send records without stream headers, as external systems do."""
        key = str(subject_of("ana")).encode()
        external = [each for each in headers("ana", 1) if not each[0].startswith("ce_stream")]
        for body in bodies:
            await self.producer.send(self.loans, external, body, key)


@asynccontextmanager
async def open_harness(
    kafka: str, group: str, make_topics: MakeTopics, url: str, eventually: Eventually
) -> AsyncIterator[Harness]:
    topic, loans, _ = await make_topics("talks", "loans", f"{group}.dead-letters")
    engine = create_engine(url)
    recorder = Recorder()
    consumer = consumer_of(group, topic, loans, engine=engine, recorder=recorder, kafka=kafka)
    async with record_producer(kafka) as producer:
        yield Harness(topic, loans, consumer, recorder, producer, engine, eventually)
    await engine.dispose()


def consumer_of(
    group: str, topic: str, loans: str, *, engine: AsyncEngine, recorder: Recorder, kafka: str
) -> Consumer:
    sources = [
        TopicSource(
            topic, parse, known_types=KNOWN_TYPES, relevant_types=KNOWN_TYPES - {"coughed.v1"}
        ),
        TopicSource(loans, parse, gapless=False, position=_loan_position),
    ]
    checkpoints = PostgresCheckpoints(engine, group, recorder.apply)
    return Consumer(group, sources, checkpoints, kafka, session_timeout_ms=2_000)


async def migrated_database(new_database: NewDatabase) -> str:
    return await new_database(create_tables, name="messaging")


def loan(version: object, words: object = "lent") -> bytes:
    return b'{"loan_id": "L1", "loan_version": %b, "words": %b}' % (
        str(version).encode(),
        value(words)[9:-1],
    )


def _loan_position(event: ConsumedEvent) -> tuple[str, int]:
    loan = orjson.loads(event.value)
    return f"{event.source}|{loan['loan_id']}", loan["loan_version"]
