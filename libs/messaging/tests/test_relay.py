"""The relay between a real PostgreSQL and a real Kafka, also when it is killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from prometheus_client import CollectorRegistry
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta, uuid7
from vinculo.eventstore import NewEvent, PostgresEventStore, create_engine
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
from vinculo.testing.fixture_types import MakeTopics
from vinculo.testing.waiting import running_in_background

from .recorded_events import parse, record_producer
from .relay_harness import Harness, metric, running

pytestmark = pytest.mark.servers


async def test_every_event_is_published_once_in_its_streams_order(relay_harness: Harness) -> None:
    await relay_harness.fill(streams=40, versions=5)

    async with running(relay_harness.relay()):
        await relay_harness.wait_until_published()

    published = await relay_harness.published()
    assert len(published) == 40
    assert all(versions == [1, 2, 3, 4, 5] for versions in published.values())


async def test_a_backlog_of_several_batches_keeps_the_order_of_every_stream(
    relay_harness: Harness,
) -> None:
    await relay_harness.insert_backlog(streams=50, versions=60)

    async with running(relay_harness.relay()):
        await relay_harness.wait_until_published()

    published = await relay_harness.published()
    assert sum(len(versions) for versions in published.values()) == 3000


async def test_a_batch_before_one_that_cannot_be_encoded_is_published_once(
    relay_harness: Harness,
) -> None:
    registry = CollectorRegistry()

    def to_record(event: SerializedEvent) -> Record:
        if event.version > 20:
            raise KeyError(event.type)
        return relay_harness.to_record(event)

    await relay_harness.insert_backlog(streams=50, versions=21)
    relay = Relay(
        relay_harness.url,
        relay_harness.kafka,
        to_record,
        "tested",
        topics={},
        topic_prefix=relay_harness.topic,
        registry=registry,
    )
    async with running(relay):
        await relay_harness.eventually(lambda: metric(registry, "vinculo_relay_errors_total") >= 2)

    assert await relay_harness.outbox_rows() == 50
    published = await relay_harness.published()
    assert all(versions == list(range(1, 21)) for versions in published.values())


async def test_appends_to_a_running_relay_are_published(relay_harness: Harness) -> None:
    async with relay_harness.waiting_relay():
        for version in range(1, 30):
            await relay_harness.append("talk-1", version)
        await relay_harness.wait_until_published()

    assert (await relay_harness.published())["talk-1"] == list(range(1, 30))


async def test_an_append_wakes_the_waiting_relay(relay_harness: Harness) -> None:
    async with relay_harness.waiting_relay():
        await relay_harness.append("talk-1", 1)
        await relay_harness.wait_until_published()

    assert "talk-1" in await relay_harness.published()


async def test_an_event_whose_notification_was_lost_is_published(relay_harness: Harness) -> None:
    registry = CollectorRegistry()
    async with running(relay_harness.relay(registry)):
        await relay_harness.eventually(lambda: metric(registry, "vinculo_relay_leader") == 1)
        for version in (1, 2):
            await relay_harness.insert_without_notification("talk-1", version)
            await relay_harness.wait_until_published()

    assert await relay_harness.published() == {"talk-1": [1, 2]}


async def test_the_largest_event_that_can_be_stored_is_published(relay_harness: Harness) -> None:
    await relay_harness.append("talk-1", 1, size=512 * 1024 - 20)
    await relay_harness.append("talk-1", 2)

    async with running(relay_harness.relay()):
        await relay_harness.wait_until_published()

    assert await relay_harness.published() == {"talk-1": [1, 2]}


async def test_the_largest_event_may_grow_by_the_spaces_of_the_databases_json(
    relay_harness: Harness,
) -> None:
    numbers = {"numbers": [1] * (256 * 1024 - 20)}
    stream = await relay_harness.append_talk(
        NewEvent(event_id=uuid7(), type="said.v1", data=numbers)
    )

    async with running(relay_harness.cloud_events_relay()):
        await relay_harness.wait_until_published()

    (record,) = await relay_harness.records()
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
    relay_harness: Harness, data: dict[str, Any], personal: dict[str, Any] | None, meta: Meta
) -> None:
    stream = await relay_harness.append_talk(
        NewEvent(event_id=uuid7(), type="said.v1", data=data, personal=personal, meta=meta)
    )
    async with running(relay_harness.cloud_events_relay()):
        await relay_harness.wait_until_published()

    (stored,) = await relay_harness.store.read(stream)
    (published,) = await relay_harness.records()
    expected = cloud_events("tests", {"talk": relay_harness.topic})(serialized(stored))
    assert list(published.headers) == expected.headers
    assert published.key == expected.key
    assert orjson.loads(published.value) == orjson.loads(expected.value)


async def test_an_event_that_cannot_be_encoded_stays_and_is_retried(
    relay_harness: Harness,
) -> None:
    registry = CollectorRegistry()
    broken = True

    def to_record(event: SerializedEvent) -> Record:
        if broken:
            raise KeyError(event.type)
        return relay_harness.to_record(event)

    await relay_harness.append("talk-1", 1)
    relay = Relay(
        relay_harness.url,
        relay_harness.kafka,
        to_record,
        "tested",
        topics={},
        topic_prefix=relay_harness.topic,
        registry=registry,
    )
    async with running(relay):
        await relay_harness.eventually(lambda: metric(registry, "vinculo_relay_errors_total") >= 1)
        assert await relay_harness.outbox_rows() == 1
        broken = False
        await relay_harness.wait_until_published()

    assert await relay_harness.published() == {"talk-1": [1]}


async def test_without_kafka_the_outbox_is_kept(relay_harness: Harness) -> None:
    registry = CollectorRegistry()
    await relay_harness.append("talk-1", 1)
    disconnected = Relay(
        relay_harness.url,
        "127.0.0.1:1",
        relay_harness.to_record,
        "tested",
        topics={},
        registry=registry,
    )

    async with running(disconnected):
        await relay_harness.eventually(lambda: metric(registry, "vinculo_relay_errors_total") >= 2)
    assert await relay_harness.outbox_rows() == 1

    async with running(relay_harness.relay()):
        await relay_harness.wait_until_published()
    assert await relay_harness.published() == {"talk-1": [1]}


@pytest.mark.parametrize(
    "point", ["relay-after-fetch", "relay-after-produce", "relay-after-delete"]
)
async def test_a_relay_killed_between_two_steps_loses_nothing(
    relay_harness: Harness, point: str
) -> None:
    await relay_harness.fill(streams=4, versions=3)

    killed = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).parent / "relay_process.py"),
        relay_harness.url,
        relay_harness.kafka,
        relay_harness.topic,
        env=os.environ | {"VINCULO_CRASH_AT": point},
    )
    assert await asyncio.wait_for(killed.wait(), 30) == -signal.SIGKILL
    await relay_harness.append("talk-0", 4)
    async with running(relay_harness.relay()):
        await relay_harness.wait_until_published()

    published = await relay_harness.published()
    assert {stream: max(versions) for stream, versions in published.items()} == {
        "talk-0": 4,
        "talk-1": 3,
        "talk-2": 3,
        "talk-3": 3,
    }


@dataclass
class EchoConsumer:
    relay_harness: Harness
    group: str
    topic: str
    store: PostgresEventStore
    is_broken: bool = False

    @property
    def consumer(self) -> Consumer:
        source = TopicSource(self.topic, parse)
        checkpoints = PostgresCheckpoints(self.store.engine, self.group, self.apply)
        return Consumer(self.group, [source], checkpoints, self.relay_harness.kafka)

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
        async with record_producer(self.relay_harness.kafka) as producer:
            await producer.send_event(self.topic, "talk-1", version)

    async def wait_for_dead_letter(self) -> None:
        async def check() -> object:
            return await list_dead_letters(self.consumer)

        await self.relay_harness.eventually(check)

    async def wait_for_echo(self, version: int) -> None:
        async def check() -> object:
            return await self.store.read(f"echo-{version}")

        await self.relay_harness.eventually(check)


@asynccontextmanager
async def echo_consumer(
    relay_harness: Harness, make_topics: MakeTopics
) -> AsyncIterator[EchoConsumer]:
    """A consumer that appends an event to a stream of its own for each event."""
    group = f"{relay_harness.topic}-echo"
    topic, _ = await make_topics("echoed", f"{group}.dead-letters")
    engine = create_engine(relay_harness.url)
    async with engine.begin() as connection:
        await connection.run_sync(_create_consumer_tables)
    yield EchoConsumer(relay_harness, group, topic, PostgresEventStore(engine))
    await engine.dispose()


def _create_consumer_tables(connection: Connection) -> None:
    op = Operations(MigrationContext.configure(connection))
    create_consumer_tables(op)
    add_quarantine_details(op)


async def test_events_appended_by_a_consumer_wake_the_relay(
    relay_harness: Harness, make_topics: MakeTopics
) -> None:
    async with (
        echo_consumer(relay_harness, make_topics) as echo,
        relay_harness.waiting_relay(),
        running_in_background(run_consumer(echo.consumer)),
    ):
        for version in (1, 2):
            await echo.send(version)
            await echo.wait_for_echo(version)
            await relay_harness.wait_until_published()

    assert {"echo-1", "echo-2"} < (await relay_harness.published()).keys()


async def test_events_appended_by_a_replay_wake_the_relay(
    relay_harness: Harness, make_topics: MakeTopics
) -> None:
    async with echo_consumer(relay_harness, make_topics) as echo:
        echo.is_broken = True
        await echo.send(1)
        async with running_in_background(run_consumer(echo.consumer)):
            await echo.wait_for_dead_letter()
        echo.is_broken = False
        async with relay_harness.waiting_relay():
            report = await replay(echo.consumer)
            await relay_harness.wait_until_published()

    assert len(report.applied) == 1
    assert "echo-1" in await relay_harness.published()
