"""A store with events, relays that publish them, and what they have published."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID, uuid5

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from alembic.migration import MigrationContext
from alembic.operations import Operations
from prometheus_client import CollectorRegistry

from vinculo.events import uuid7
from vinculo.eventstore import NewEvent, PostgresEventStore, create_engine
from vinculo.eventstore.testing import create_event_database
from vinculo.messaging import Record, Relay, SerializedEvent, cloud_events
from vinculo.messaging.relay import FALLBACK_POLL_SECONDS
from vinculo.messaging.relay_leadership import HUNG_AFTER_SECONDS
from vinculo.messaging.relay_positions import create_relay_tables
from vinculo.testing.databases import connected
from vinculo.testing.fixture_types import Eventually, MakeTopics, NewDatabase
from vinculo.testing.topics import read_topics
from vinculo.testing.waiting import running_in_background

from .relay_process import VERSION, to_topic

NEVER_SECONDS = 3600.0


@dataclass
class Harness:
    url: str
    kafka: str
    topic: str
    store: PostgresEventStore
    eventually: Eventually

    async def append(self, stream: str, version: int, size: int = 10) -> None:
        await self.store.append(
            stream,
            subject=uuid5(UUID(int=1), stream),
            expected_version=version - 1,
            events=[NewEvent(event_id=uuid7(), type="said.v1", data={"text": "x" * size})],
        )

    async def fill(self, streams: int, versions: int) -> None:
        for version in range(1, versions + 1):
            await asyncio.gather(*(self.append(f"talk-{n}", version) for n in range(streams)))

    async def insert_backlog(self, streams: int, versions: int) -> None:
        """Insert events and outbox rows directly, which is faster than appends."""
        async with connected(self.url) as connection:
            await connection.execute(
                """
                INSERT INTO events (stream_id, version, event_id, subject, type, data, meta)
                SELECT 'talk-' || s, v, gen_random_uuid(), md5('talk-' || s)::uuid, 'said.v1',
                       '{}', '{}'
                FROM generate_series(1, $1::int) AS s, generate_series(1, $2::int) AS v
                """,
                streams,
                versions,
            )
            await connection.execute(
                "INSERT INTO outbox (stream_id, version)"
                " SELECT stream_id, version FROM events ORDER BY version, stream_id"
            )

    async def outbox_rows(self) -> int:
        async with connected(self.url) as connection:
            return int(await connection.fetchval("SELECT count(*) FROM outbox"))

    async def wait_until_published(self) -> None:
        async def check() -> object:
            assert await self.outbox_rows() == 0
            return True

        await self.eventually(check)

    async def insert_without_notification(self, stream: str, version: int) -> None:
        """Insert an event and its outbox row as after a notification that was lost."""
        async with connected(self.url) as connection:
            await connection.execute(
                """
                WITH inserted AS (
                    INSERT INTO events (stream_id, version, event_id, subject, type, data, meta)
                    VALUES ($1, $2, gen_random_uuid(), md5($1)::uuid, 'said.v1', '{}', '{}')
                    RETURNING stream_id, version
                )
                INSERT INTO outbox (stream_id, version) SELECT stream_id, version FROM inserted
                """,
                stream,
                version,
            )

    async def leading_session(self) -> int | None:
        """The process of the leader's session in PostgreSQL; `None` without a leader.

        Other databases of the same server have leaders of their own.
        """
        async with connected(self.url) as connection:
            session: int | None = await connection.fetchval(
                "SELECT pid FROM pg_locks JOIN pg_database ON pg_database.oid = database"
                " WHERE locktype = 'advisory' AND granted AND datname = current_database()"
            )
        return session

    def relay(
        self,
        registry: CollectorRegistry | None = None,
        fallback_poll_seconds: float = FALLBACK_POLL_SECONDS,
        hung_after_seconds: float = HUNG_AFTER_SECONDS,
    ) -> Relay:
        return Relay(
            self.url,
            self.kafka,
            self.to_record,
            "tested",
            topics={"talk": self.topic},
            topic_prefix=self.topic,
            registry=registry or CollectorRegistry(),
            fallback_poll_seconds=fallback_poll_seconds,
            hung_after_seconds=hung_after_seconds,
        )

    @asynccontextmanager
    async def waiting_relay(
        self, registry: CollectorRegistry | None = None
    ) -> AsyncIterator[asyncio.Task[None]]:
        """A relay that has published all events and does not poll for others."""
        await self.insert_without_notification("first-1", 1)
        async with running(self.relay(registry, fallback_poll_seconds=NEVER_SECONDS)) as task:
            await self.wait_until_published()
            yield task

    def to_record(self, event: SerializedEvent) -> Record:
        return to_topic(self.topic, event)

    async def append_talk(self, event: NewEvent) -> str:
        """The id of a new stream with the event."""
        talk = uuid7()
        await self.store.append(f"talk-{talk}", subject=talk, expected_version=0, events=[event])
        return f"talk-{talk}"

    def cloud_events_relay(self) -> Relay:
        """A relay that publishes as those of the services do."""
        topics = {"talk": self.topic}
        return Relay(
            self.url,
            self.kafka,
            cloud_events("tests", topics),
            "tested",
            topics=topics,
            topic_prefix=self.topic,
            registry=CollectorRegistry(),
        )

    async def published(self) -> dict[str, list[int]]:
        """The published versions of each stream; asserts their order and that none is missing."""
        versions: dict[str, list[int]] = {}
        for record in await self.records():
            version = int(dict(record.headers)[VERSION])
            versions.setdefault(record.value.decode(), []).append(version)
        for published in versions.values():
            firsts = list(dict.fromkeys(published))
            assert firsts == list(range(1, len(firsts) + 1))
        return versions

    async def records(self) -> list[ConsumerRecord]:
        """The published records, those of each partition in order."""
        return await read_topics(self.kafka, self.topic)


async def create_relay_database(url: str) -> None:
    await create_event_database(url)
    engine = create_engine(url, pool_size=1)
    async with engine.begin() as connection:
        await connection.run_sync(
            lambda synchronous: create_relay_tables(
                Operations(MigrationContext.configure(synchronous))
            )
        )
    await engine.dispose()


@asynccontextmanager
async def open_relay_harness(
    kafka: str, make_topics: MakeTopics, new_database: NewDatabase, eventually: Eventually
) -> AsyncIterator[Harness]:
    (topic,) = await make_topics("talks")
    url = await new_database(create_relay_database, name="relay")
    engine = create_engine(url)
    yield Harness(url, kafka, topic, PostgresEventStore(engine), eventually)
    await engine.dispose()


def running(relay: Relay) -> AbstractAsyncContextManager[asyncio.Task[None]]:
    return running_in_background(relay.run())


def metric(registry: CollectorRegistry, name: str) -> float:
    """The value for the relay of the harness; 0 if there is none yet."""
    return registry.get_sample_value(name, {"relay": "tested"}) or 0
