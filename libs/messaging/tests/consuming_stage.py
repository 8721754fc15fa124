"""A consumer with its topics, its database and someone who speaks, ready for a test."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.eventstore import create_engine
from vinculo.messaging import ConsumedEvent, Consumer, TopicSource, read_dead_letters
from vinculo.testing.fixture_types import Eventually, MakeTopics, NewDatabase

from .recorded_events import (
    Recorder,
    Speaker,
    create_tables,
    effects,
    effects_of,
    headers,
    parse,
    quarantined,
    speaking,
    subject_of,
    value,
)


@dataclass
class Stage:
    topic: str
    loans: str
    consumer: Consumer
    recorder: Recorder
    speaker: Speaker
    engine: AsyncEngine
    eventually: Eventually

    async def has_effects(self, expected: int) -> None:
        async def check() -> object:
            found = len(await effects(self.engine))
            assert found >= expected, f"{found} of {expected} effects"
            return True

        await self.eventually(check)

    async def has_dead_letters(self, expected: int) -> None:
        async def check() -> object:
            found = len(await read_dead_letters(self.consumer.kafka, self.consumer.group))
            assert found >= expected, f"{found} of {expected} dead letters"
            return True

        await self.eventually(check)

    async def has_quarantined(self, expected: dict[str, int]) -> None:
        """The row follows the dead letter: whoever saw this one may have to wait for that one."""

        async def check() -> object:
            assert await quarantined(self.engine) == expected
            return True

        await self.eventually(check)

    async def effects_of(self, stream_id: str) -> list[int]:
        return await effects_of(self.engine, stream_id)

    async def say(self, stream_id: str, *versions: int) -> None:
        for version in versions:
            await self.speaker.say(self.topic, stream_id, version)

    async def say_in(self, partition: int, stream_id: str, *versions: int) -> None:
        for version in versions:
            await self.speaker.put(
                self.topic,
                headers(stream_id, version),
                value(),
                str(subject_of(stream_id)).encode(),
                partition=partition,
            )

    async def put(self, stream_id: str, version: int, body: bytes | None) -> tuple[int, int]:
        key = str(subject_of(stream_id)).encode()
        return await self.speaker.put(self.topic, headers(stream_id, version), body, key)

    async def lend(self, *bodies: bytes) -> None:
        key = str(subject_of("ana")).encode()
        outside = [each for each in headers("ana", 1) if not each[0].startswith("ce_stream")]
        for body in bodies:
            await self.speaker.put(self.loans, outside, body, key)


@asynccontextmanager
async def open_stage(
    kafka: str, group: str, make_topics: MakeTopics, url: str, eventually: Eventually
) -> AsyncIterator[Stage]:
    topic, loans, _ = await make_topics("talks", "loans", f"{group}.dead-letters")
    engine = create_engine(url)
    recorder = Recorder()
    consumer = consumer_of(group, topic, loans, engine=engine, recorder=recorder, kafka=kafka)
    async with speaking(kafka) as speaker:
        yield Stage(topic, loans, consumer, recorder, speaker, engine, eventually)
    await engine.dispose()


def consumer_of(
    group: str, topic: str, loans: str, *, engine: AsyncEngine, recorder: Recorder, kafka: str
) -> Consumer:
    sources = [
        TopicSource(topic, parse),
        TopicSource(loans, parse, gapless=False, position=_loan_position),
    ]
    return Consumer(group, sources, engine, recorder.apply, kafka, session_timeout_ms=2_000)


async def migrated(new_database: NewDatabase) -> str:
    return await new_database(create_tables, name="messaging")


def loan(version: object, words: object = "lent") -> bytes:
    return b'{"loan_id": "L1", "loan_version": %b, "words": %b}' % (
        str(version).encode(),
        value(words)[9:-1],
    )


def _loan_position(received: ConsumedEvent) -> tuple[str, int]:
    return f"{received.source}|{received.data['loan_id']}", received.data["loan_version"]
