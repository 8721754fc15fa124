"""The relay between a real PostgreSQL and a real Kafka, also when it is killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import orjson
import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord  # type: ignore[import-untyped]
from alembic.migration import MigrationContext
from alembic.operations import Operations
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta, uuid7
from vinculo.eventstore import NewEvent, PostgresEventStore, create_engine
from vinculo.eventstore.testing import create_event_database
from vinculo.messaging import (
    ConsumedEvent,
    Consumer,
    PoisonMessage,
    PostgresCheckpoints,
    Record,
    Relay,
    SerializedEvent,
    TopicSource,
    cloud_events,
    list_dead_letters,
    replay,
    run_consumer,
    serialized,
)
from vinculo.messaging.consumer_tables import add_quarantine_details, create_consumer_tables
from vinculo.messaging.relay import FALLBACK_POLL_SECONDS
from vinculo.testing.fixture_types import Eventually, MakeTopics, NewDatabase
from vinculo.testing.waiting import running_in_background

from .recorded_events import parse, record_producer
from .relay_process import VERSION, to_topic

pytestmark = pytest.mark.servers

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
        connection = await asyncpg.connect(self.url)
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
        await connection.close()

    async def outbox_rows(self) -> int:
        connection = await asyncpg.connect(self.url)
        try:
            return int(await connection.fetchval("SELECT count(*) FROM outbox"))
        finally:
            await connection.close()

    async def wait_until_published(self) -> None:
        async def check() -> object:
            assert await self.outbox_rows() == 0
            return True

        await self.eventually(check)

    async def insert_without_notification(self, stream: str, version: int) -> None:
        """Insert an event and its outbox row as after a notification that was lost."""
        connection = await asyncpg.connect(self.url)
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
        await connection.close()

    def relay(
        self,
        registry: CollectorRegistry | None = None,
        fallback_poll_seconds: float = FALLBACK_POLL_SECONDS,
    ) -> Relay:
        return Relay(
            self.url,
            self.kafka,
            self.to_record,
            "tested",
            registry=registry or CollectorRegistry(),
            fallback_poll_seconds=fallback_poll_seconds,
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
        to_record = cloud_events("tests", {"talk": self.topic})
        return Relay(self.url, self.kafka, to_record, "tested", registry=CollectorRegistry())

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
        consumer = AIOKafkaConsumer(
            self.topic, bootstrap_servers=self.kafka, auto_offset_reset="earliest"
        )
        await consumer.start()
        found: list[ConsumerRecord] = []
        try:
            ends = await consumer.end_offsets(consumer.assignment())
            unread = {partition for partition, end in ends.items() if end}
            while unread:
                for partition, records in (await consumer.getmany(timeout_ms=200)).items():
                    found += records
                    if await consumer.position(partition) >= ends[partition]:
                        unread.discard(partition)
        finally:
            await consumer.stop()
        return found


@pytest.fixture
async def harness(
    kafka: str, make_topics: MakeTopics, new_database: NewDatabase, eventually: Eventually
) -> AsyncIterator[Harness]:
    (topic,) = await make_topics("talks")
    url = await new_database(create_event_database, name="relay")
    engine = create_engine(url)
    yield Harness(url, kafka, topic, PostgresEventStore(engine), eventually)
    await engine.dispose()


def running(relay: Relay) -> AbstractAsyncContextManager[asyncio.Task[None]]:
    return running_in_background(relay.run())


async def test_every_event_is_published_once_in_its_streams_order(harness: Harness) -> None:
    await harness.fill(streams=40, versions=5)

    async with running(harness.relay()):
        await harness.wait_until_published()

    published = await harness.published()
    assert len(published) == 40
    assert all(versions == [1, 2, 3, 4, 5] for versions in published.values())


async def test_a_backlog_of_several_batches_keeps_the_order_of_every_stream(
    harness: Harness,
) -> None:
    await harness.insert_backlog(streams=50, versions=60)

    async with running(harness.relay()):
        await harness.wait_until_published()

    published = await harness.published()
    assert sum(len(versions) for versions in published.values()) == 3000


async def test_a_batch_before_one_that_cannot_be_encoded_is_published_once(
    harness: Harness,
) -> None:
    registry = CollectorRegistry()

    def to_record(event: SerializedEvent) -> Record:
        if event.version > 20:
            raise KeyError(event.type)
        return harness.to_record(event)

    await harness.insert_backlog(streams=50, versions=21)
    relay = Relay(harness.url, harness.kafka, to_record, "tested", registry=registry)
    async with running(relay):
        await harness.eventually(lambda: _metric(registry, "vinculo_relay_errors_total") >= 2)

    assert await harness.outbox_rows() == 50
    published = await harness.published()
    assert all(versions == list(range(1, 21)) for versions in published.values())


async def test_appends_to_a_running_relay_are_published(harness: Harness) -> None:
    async with harness.waiting_relay():
        for version in range(1, 30):
            await harness.append("talk-1", version)
        await harness.wait_until_published()

    assert (await harness.published())["talk-1"] == list(range(1, 30))


async def test_an_append_wakes_the_waiting_relay(harness: Harness) -> None:
    async with harness.waiting_relay():
        await harness.append("talk-1", 1)
        await harness.wait_until_published()

    assert "talk-1" in await harness.published()


async def test_an_event_whose_notification_was_lost_is_published(harness: Harness) -> None:
    registry = CollectorRegistry()
    async with running(harness.relay(registry)):
        await harness.eventually(lambda: _metric(registry, "vinculo_relay_leader") == 1)
        for version in (1, 2):
            await harness.insert_without_notification("talk-1", version)
            await harness.wait_until_published()

    assert await harness.published() == {"talk-1": [1, 2]}


async def test_the_largest_event_that_can_be_stored_is_published(harness: Harness) -> None:
    await harness.append("talk-1", 1, size=512 * 1024 - 20)
    await harness.append("talk-1", 2)

    async with running(harness.relay()):
        await harness.wait_until_published()

    assert await harness.published() == {"talk-1": [1, 2]}


async def test_the_largest_event_may_grow_by_the_spaces_of_the_databases_json(
    harness: Harness,
) -> None:
    numbers = {"numbers": [1] * (256 * 1024 - 20)}
    stream = await harness.append_talk(NewEvent(event_id=uuid7(), type="said.v1", data=numbers))

    async with running(harness.cloud_events_relay()):
        await harness.wait_until_published()

    (record,) = await harness.records()
    assert dict(record.headers)["ce_streamid"] == stream.encode()
    assert orjson.loads(record.value) == numbers


@pytest.mark.parametrize("personal", [None, {"v": 1, "ct": "ñ"}])
@pytest.mark.parametrize(
    "data", [{}, {"words": 'ñ "\\u0000" \n 🙂', "nested": [{"cents": 1.5}, None]}]
)
@pytest.mark.parametrize(
    "meta",
    [Meta(), Meta(correlation_id="c-ñ", causation_id=UUID(int=7), traceparent="00-a-b-01")],
)
async def test_a_published_record_is_that_of_the_stored_event(
    harness: Harness, data: dict[str, Any], personal: dict[str, Any] | None, meta: Meta
) -> None:
    stream = await harness.append_talk(
        NewEvent(event_id=uuid7(), type="said.v1", data=data, personal=personal, meta=meta)
    )
    async with running(harness.cloud_events_relay()):
        await harness.wait_until_published()

    (stored,) = await harness.store.read(stream)
    (published,) = await harness.records()
    expected = cloud_events("tests", {"talk": harness.topic})(serialized(stored))
    assert list(published.headers) == expected.headers
    assert published.key == expected.key
    assert orjson.loads(published.value) == orjson.loads(expected.value)


async def test_one_instance_leads_and_another_takes_over(harness: Harness) -> None:
    first, second = CollectorRegistry(), CollectorRegistry()

    def leaders() -> tuple[float, float]:
        return _metric(first, "vinculo_relay_leader"), _metric(second, "vinculo_relay_leader")

    async with running(harness.relay(second)):
        async with running(harness.relay(first)):
            await harness.eventually(lambda: sum(leaders()) == 1)
            await harness.fill(streams=5, versions=2)
            await harness.wait_until_published()
            assert sum(leaders()) == 1
        await harness.eventually(lambda: leaders() == (0, 1))
        await harness.append("talk-0", 3)
        await harness.wait_until_published()

    assert (await harness.published())["talk-0"] == [1, 2, 3]


async def test_a_leader_that_lost_its_session_leads_again_and_loses_nothing(
    harness: Harness,
) -> None:
    registry = CollectorRegistry()
    async with harness.waiting_relay(registry):
        await harness.append("talk-1", 1)
        await harness.wait_until_published()
        connection = await asyncpg.connect(harness.url)
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'vinculo-relay' AND datname = current_database()"
        )
        await connection.close()
        await harness.insert_without_notification("talk-2", 1)
        await harness.wait_until_published()
        await harness.append("talk-1", 2)
        await harness.wait_until_published()

    assert await harness.published() == {"first-1": [1], "talk-1": [1, 2], "talk-2": [1]}
    assert _metric(registry, "vinculo_relay_errors_total") >= 1
    assert _metric(registry, "vinculo_relay_published_total") == 4


async def test_an_event_that_cannot_be_encoded_stays_and_is_retried(
    harness: Harness,
) -> None:
    registry = CollectorRegistry()
    broken = True

    def to_record(event: SerializedEvent) -> Record:
        if broken:
            raise KeyError(event.type)
        return harness.to_record(event)

    await harness.append("talk-1", 1)
    relay = Relay(harness.url, harness.kafka, to_record, "tested", registry=registry)
    async with running(relay):
        await harness.eventually(lambda: _metric(registry, "vinculo_relay_errors_total") >= 1)
        assert await harness.outbox_rows() == 1
        broken = False
        await harness.wait_until_published()

    assert await harness.published() == {"talk-1": [1]}


async def test_without_kafka_the_outbox_is_kept(harness: Harness) -> None:
    registry = CollectorRegistry()
    await harness.append("talk-1", 1)
    disconnected = Relay(harness.url, "127.0.0.1:1", harness.to_record, "tested", registry=registry)

    async with running(disconnected):
        await harness.eventually(lambda: _metric(registry, "vinculo_relay_errors_total") >= 2)
    assert await harness.outbox_rows() == 1

    async with running(harness.relay()):
        await harness.wait_until_published()
    assert await harness.published() == {"talk-1": [1]}


async def test_the_outbox_is_measured(harness: Harness) -> None:
    registry = CollectorRegistry()
    await harness.append("talk-1", 1)

    async with running(harness.relay(registry)):
        await harness.wait_until_published()
        await harness.eventually(lambda: _metric(registry, "vinculo_outbox_rows") == 0)

    assert _metric(registry, "vinculo_outbox_oldest_age_seconds") >= 0


@pytest.mark.parametrize(
    "point", ["relay-after-fetch", "relay-after-produce", "relay-after-delete"]
)
async def test_a_relay_killed_between_two_steps_loses_nothing(harness: Harness, point: str) -> None:
    await harness.fill(streams=4, versions=3)

    killed = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).parent / "relay_process.py"),
        harness.url,
        harness.kafka,
        harness.topic,
        env=os.environ | {"VINCULO_CRASH_AT": point},
    )
    assert await asyncio.wait_for(killed.wait(), 30) == -signal.SIGKILL
    await harness.append("talk-0", 4)
    async with running(harness.relay()):
        await harness.wait_until_published()

    published = await harness.published()
    assert {stream: max(versions) for stream, versions in published.items()} == {
        "talk-0": 4,
        "talk-1": 3,
        "talk-2": 3,
        "talk-3": 3,
    }


@dataclass
class EchoConsumer:
    harness: Harness
    group: str
    topic: str
    store: PostgresEventStore
    is_broken: bool = False

    @property
    def consumer(self) -> Consumer:
        source = TopicSource(self.topic, parse)
        checkpoints = PostgresCheckpoints(self.store.engine, self.group, self.apply)
        return Consumer(self.group, [source], checkpoints, self.harness.kafka)

    async def apply(self, connection: AsyncConnection, events: Sequence[ConsumedEvent]) -> None:
        if self.is_broken:
            raise PoisonMessage("is broken")
        for event in events:
            await self.store.append(
                f"echo-{event.version}",
                subject=event.subject,
                expected_version=0,
                events=[NewEvent(event_id=uuid7(), type="said.v1", data={})],
                connection=connection,
            )

    async def send(self, version: int) -> None:
        async with record_producer(self.harness.kafka) as producer:
            await producer.send_event(self.topic, "talk-1", version)

    async def wait_for_dead_letter(self) -> None:
        async def check() -> object:
            return await list_dead_letters(self.consumer)

        await self.harness.eventually(check)

    async def wait_for_echo(self, version: int) -> None:
        async def check() -> object:
            return await self.store.read(f"echo-{version}")

        await self.harness.eventually(check)


@asynccontextmanager
async def echo_consumer(harness: Harness, make_topics: MakeTopics) -> AsyncIterator[EchoConsumer]:
    """A consumer that appends an event to a stream of its own for each event."""
    group = f"{harness.topic}-echo"
    topic, _ = await make_topics("echoed", f"{group}.dead-letters")
    engine = create_engine(harness.url)
    async with engine.begin() as connection:
        await connection.run_sync(_create_consumer_tables)
    yield EchoConsumer(harness, group, topic, PostgresEventStore(engine))
    await engine.dispose()


def _create_consumer_tables(connection: Connection) -> None:
    op = Operations(MigrationContext.configure(connection))
    create_consumer_tables(op)
    add_quarantine_details(op)


async def test_events_appended_by_a_consumer_wake_the_relay(
    harness: Harness, make_topics: MakeTopics
) -> None:
    async with (
        echo_consumer(harness, make_topics) as echo,
        harness.waiting_relay(),
        running_in_background(run_consumer(echo.consumer)),
    ):
        for version in (1, 2):
            await echo.send(version)
            await echo.wait_for_echo(version)
            await harness.wait_until_published()

    assert {"echo-1", "echo-2"} < (await harness.published()).keys()


async def test_events_appended_by_a_replay_wake_the_relay(
    harness: Harness, make_topics: MakeTopics
) -> None:
    async with echo_consumer(harness, make_topics) as echo:
        echo.is_broken = True
        await echo.send(1)
        async with running_in_background(run_consumer(echo.consumer)):
            await echo.wait_for_dead_letter()
        echo.is_broken = False
        async with harness.waiting_relay():
            report = await replay(echo.consumer)
            await harness.wait_until_published()

    assert len(report.applied) == 1
    assert "echo-1" in await harness.published()


def _metric(registry: CollectorRegistry, name: str) -> float:
    return registry.get_sample_value(name, {"relay": "tested"}) or 0
