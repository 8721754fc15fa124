"""A store with streams of two topics, and the topics before and after Kafka lost its data."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from prometheus_client import CollectorRegistry

from vinculo.events import Meta, uuid7
from vinculo.eventstore import NewEvent, PostgresEventStore, create_engine
from vinculo.messaging import PublishedStreams, Relay, cloud_events
from vinculo.testing.databases import connected
from vinculo.testing.fixture_types import Eventually, MakeTopics, NewDatabase
from vinculo.testing.topics import create_topics, delete_topics, read_topics
from vinculo.testing.waiting import running_in_background

from .relay_harness import create_relay_database

SUBJECT = UUID(int=7)
TABLES = ("streams", "events")
COUNT_WAITING = "SELECT count(*) FROM outbox"

_RECORD_WAITING = """
CREATE TABLE waiting (rows bigint NOT NULL);
CREATE FUNCTION record_waiting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO waiting SELECT count(*) FROM outbox;
    RETURN NULL;
END $$;
CREATE TRIGGER record_waiting AFTER INSERT ON outbox
    FOR EACH STATEMENT EXECUTE FUNCTION record_waiting();
"""


@dataclass(kw_only=True)
class Harness:
    url: str
    kafka: str
    store: PostgresEventStore
    make_topics: MakeTopics
    eventually: Eventually

    async def append(self, stream: str, version: int) -> None:
        event = NewEvent(
            event_id=uuid7(), type="said.v1", data={"words": str(version)}, meta=Meta()
        )
        await self.store.append(
            stream, subject=SUBJECT, expected_version=version - 1, events=[event]
        )

    async def fill(self, streams: Sequence[str], versions: int) -> None:
        for version in range(1, versions + 1):
            await asyncio.gather(*(self.append(each, version) for each in streams))

    async def new_topics(self) -> "Topics":
        """Topics for talks and notes, as they are after Kafka lost all data."""
        talks, notes = await self.make_topics("tested.talks", "tested.notes")
        return Topics(harness=self, talks=talks, notes=notes)

    async def forget_outbox(self) -> None:
        """As after everything was published to topics that are lost."""
        await self.execute("DELETE FROM outbox")

    async def record_waiting(self) -> None:
        """Record in `waiting` how many rows the outbox has after each addition."""
        async with connected(self.url) as connection:
            await connection.execute(_RECORD_WAITING)

    async def stored_rows(self) -> list[list[tuple[object, ...]]]:
        """The rows of streams and events, as a backup has them."""
        async with connected(self.url) as connection:
            return [
                [tuple(row) for row in await connection.fetch(f"SELECT * FROM {name}")]  # noqa: S608
                for name in TABLES
            ]

    async def insert_rows(self, tables: Sequence[Sequence[tuple[object, ...]]]) -> None:
        async with connected(self.url) as connection:
            for name, rows in zip(TABLES, tables, strict=True):
                await connection.copy_records_to_table(name, records=rows)

    async def execute(self, statement: str) -> int:
        async with connected(self.url) as connection:
            return int(await connection.fetchval(statement) or 0)


@dataclass(kw_only=True)
class Topics:
    harness: Harness
    talks: str
    notes: str

    @property
    def published(self) -> PublishedStreams:
        return PublishedStreams(
            relay="tested",
            database_url=self.harness.url,
            kafka=self.harness.kafka,
            topics={"talk": self.talks, "note": self.notes},
        )

    def relay(
        self, registry: CollectorRegistry | None = None
    ) -> AbstractAsyncContextManager[object]:
        to_record = cloud_events("tested", self.published.topics)
        relay = Relay(
            self.harness.url,
            self.harness.kafka,
            to_record,
            "tested",
            topics=self.published.topics,
            topic_prefix=self.talks,
            registry=registry or CollectorRegistry(),
        )
        return running_in_background(relay.run())

    async def recreate(self, topic: str) -> None:
        """As after the loss of its data."""
        await delete_topics(self.harness.kafka, [topic])
        await create_topics(self.harness.kafka, [topic], partitions=3)

    async def versions(self, topic: str) -> dict[str, list[int]]:
        """All published versions of each stream, in order."""
        versions: dict[str, list[int]] = {}
        for record in await read_topics(self.harness.kafka, topic):
            headers = dict(record.headers)
            stream = headers["ce_streamid"].decode()
            versions.setdefault(stream, []).append(int(headers["ce_streamversion"]))
        return versions


def new_streams(category: str, count: int) -> list[str]:
    return [f"{category}-{uuid7()}" for _ in range(count)]


@asynccontextmanager
async def open_harness(
    kafka: str, make_topics: MakeTopics, new_database: NewDatabase, eventually: Eventually
) -> AsyncIterator[Harness]:
    url = await new_database(create_relay_database, name="republish")
    engine = create_engine(url)
    yield Harness(
        url=url,
        kafka=kafka,
        store=PostgresEventStore(engine),
        make_topics=make_topics,
        eventually=eventually,
    )
    await engine.dispose()
