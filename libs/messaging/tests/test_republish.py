"""Republishing into topics that lost their records, with a running relay and concurrent appends."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.eventstore import create_engine, raise_store_epoch
from vinculo.messaging import (
    Consumer,
    PostgresCheckpoints,
    PublishedStreams,
    QuarantineReason,
    TopicSource,
    republish,
    run_consumer,
)
from vinculo.messaging.republish import (
    Progress,
    RelayNotPublishing,
    RepublishRunning,
    UnknownTopic,
    batches,
)
from vinculo.testing.databases import connected
from vinculo.testing.fixture_types import Eventually, MakeTopics, NewDatabase
from vinculo.testing.waiting import running_in_background

from .recorded_events import KNOWN_TYPES, Recorder, create_tables, effects, parse
from .republish_harness import COUNT_WAITING, Harness, new_streams, open_harness


@pytest.fixture
async def harness(
    kafka: str, make_topics: MakeTopics, new_database: NewDatabase, eventually: Eventually
) -> AsyncIterator[Harness]:
    async with open_harness(kafka, make_topics, new_database, eventually) as harness:
        yield harness


@pytest.mark.servers
async def test_all_events_are_published_again_in_the_order_of_their_streams(
    harness: Harness,
) -> None:
    talks, notes = new_streams("talk", 30), new_streams("note", 5)
    await harness.fill([*talks, *notes], versions=4)
    await harness.forget_outbox()
    topics = await harness.new_topics()

    async with topics.relay():
        done = await republish(topics.published)

    assert done == Progress(35, 140, 35, 140)
    assert await topics.versions(topics.talks) == {each: [1, 2, 3, 4] for each in talks}
    assert await topics.versions(topics.notes) == {each: [1, 2, 3, 4] for each in notes}


@pytest.mark.servers
async def test_rows_that_wait_are_replaced(harness: Harness) -> None:
    (talk,) = new_streams("talk", 1)
    await harness.fill([talk], versions=2)
    await harness.forget_outbox()
    await harness.append(talk, 3)
    topics = await harness.new_topics()

    republishing = asyncio.create_task(republish(topics.published))
    await harness.eventually(lambda: _is_count(harness, COUNT_WAITING, 3))
    async with topics.relay():
        await republishing

    assert await topics.versions(topics.talks) == {talk: [1, 2, 3]}


async def _is_count(harness: Harness, statement: str, expected: int) -> bool:
    return await harness.execute(statement) == expected


@pytest.mark.servers
async def test_a_fresh_consumer_applies_everything_while_others_append(
    harness: Harness, new_database: NewDatabase
) -> None:
    talks = new_streams("talk", 40)
    await harness.fill(talks, versions=5)
    await harness.forget_outbox()
    topics = await harness.new_topics()
    group = f"{topics.talks}-reader"
    await harness.make_topics(f"{group}.dead-letters")
    engine = create_engine(await new_database(create_tables, name="reader"))
    consumer = Consumer(
        group,
        [TopicSource(topics.talks, parse, known_types=KNOWN_TYPES)],
        PostgresCheckpoints(engine, group, Recorder().apply),
        harness.kafka,
    )

    async def append_to(stream: str) -> None:
        for version in range(6, 16):
            await harness.append(stream, version)

    async with topics.relay(), running_in_background(run_consumer(consumer)):
        await asyncio.gather(
            republish(topics.published, max_waiting_rows=20), *map(append_to, talks)
        )

        async def applied() -> bool:
            versions: dict[str, list[int]] = {}
            for stream, version, _ in await effects(engine):
                versions.setdefault(stream, []).append(version)
            return versions == {each: list(range(1, 16)) for each in talks}

        await harness.eventually(applied, timeout=30)
        assert await consumer.checkpoints.quarantined_streams() == []
    await engine.dispose()

    for published in (await topics.versions(topics.talks)).values():
        from_the_first = published[published.index(1) :]
        assert list(dict.fromkeys(from_the_first)) == list(range(1, 16))


@pytest.mark.servers
async def test_only_the_streams_of_the_named_topic_are_published(harness: Harness) -> None:
    talks, notes = new_streams("talk", 3), new_streams("note", 3)
    await harness.fill([*talks, *notes], versions=2)
    await harness.forget_outbox()
    topics = await harness.new_topics()

    async with topics.relay():
        await republish(topics.published, [topics.notes])

    assert await topics.versions(topics.talks) == {}
    assert await topics.versions(topics.notes) == {each: [1, 2] for each in notes}


@pytest.mark.servers
async def test_the_outbox_stays_short(harness: Harness) -> None:
    await harness.fill(new_streams("talk", 50), versions=4)
    await harness.forget_outbox()
    await harness.record_waiting()
    topics = await harness.new_topics()

    async with topics.relay():
        await republish(topics.published, max_waiting_rows=40)

    assert 0 < await harness.execute("SELECT max(rows) FROM waiting") <= 40


@pytest.mark.servers
async def test_a_stream_whose_head_is_held_is_published_after_the_others(
    harness: Harness,
) -> None:
    talks = new_streams("talk", 4)
    await harness.fill(talks, versions=2)
    await harness.forget_outbox()
    topics = await harness.new_topics()

    async with connected(harness.url) as connection, topics.relay():
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute("SELECT FROM streams WHERE stream_id = $1 FOR UPDATE", talks[0])
        republishing = asyncio.create_task(republish(topics.published))

        async def others_are_published() -> bool:
            return len(await topics.versions(topics.talks)) == 3

        await harness.eventually(others_are_published)
        assert not republishing.done()
        await transaction.commit()
        await republishing

    assert await topics.versions(topics.talks) == {each: [1, 2] for each in talks}


@pytest.mark.servers
async def test_it_says_that_no_relay_publishes(harness: Harness) -> None:
    await harness.fill(new_streams("talk", 3), versions=2)
    topics = await harness.new_topics()

    with pytest.raises(RelayNotPublishing, match="6 rows wait in the outbox"):
        await republish(topics.published, stall_seconds=0.3)


@pytest.mark.servers
async def test_only_one_process_republishes(harness: Harness) -> None:
    await harness.fill(new_streams("talk", 1), versions=1)
    await harness.forget_outbox()
    topics = await harness.new_topics()
    first = asyncio.create_task(republish(topics.published))
    await harness.eventually(lambda: _is_count(harness, COUNT_WAITING, 1))

    with pytest.raises(RepublishRunning):
        await republish(topics.published)

    async with topics.relay():
        await first


async def test_a_topic_of_another_service_is_refused() -> None:
    published = PublishedStreams(
        relay="tested", database_url="", kafka="", topics={"talk": "talks"}
    )

    with pytest.raises(UnknownTopic, match="tested does not publish notes; it publishes talks"):
        await republish(published, ["notes"])


def test_batches_hold_whole_streams() -> None:
    streams = [("a", 3), ("b", 3), ("c", 9), ("d", 1)]

    assert list(batches(streams, 6)) == [[("a", 3), ("b", 3)], [("c", 9)], [("d", 1)]]


@pytest.mark.servers
async def test_events_of_a_restored_store_are_recognised_as_another_history(
    harness: Harness, new_database: NewDatabase
) -> None:
    """Version 3 of the restored store is lower than what the consumer has applied."""
    (talk,) = new_streams("talk", 1)
    topics = await harness.new_topics()
    await harness.fill([talk], versions=2)
    backup = await harness.stored_rows()
    for version in (3, 4, 5):
        await harness.append(talk, version)
    group = f"{topics.talks}-reader"
    await harness.make_topics(f"{group}.dead-letters")
    engine = create_engine(await new_database(create_tables, name="reader"))
    consumer = Consumer(
        group,
        [TopicSource(topics.talks, parse, known_types=KNOWN_TYPES)],
        PostgresCheckpoints(engine, group, Recorder().apply),
        harness.kafka,
    )

    async with running_in_background(run_consumer(consumer)):
        async with topics.relay():
            await harness.eventually(lambda: _are_applied(engine, 5))
        async with open_harness(
            harness.kafka, harness.make_topics, new_database, harness.eventually
        ) as restored:
            await restored.insert_rows(backup)
            assert await raise_store_epoch(restored.url) > 1
            await restored.append(talk, 3)
            async with replace(topics, harness=restored).relay():
                await harness.eventually(consumer.checkpoints.quarantined_streams)

    (quarantined,) = await consumer.checkpoints.quarantined_streams()
    assert (quarantined.stream_id, quarantined.reason) == (talk, QuarantineReason.DIVERGED)
    await engine.dispose()


async def _are_applied(engine: AsyncEngine, count: int) -> bool:
    return len(await effects(engine)) == count
