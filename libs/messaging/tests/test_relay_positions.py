"""A relay whose topics were recreated, between its runs or while it leads."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete  # type: ignore[import-untyped]
from aiokafka.structs import TopicPartition  # type: ignore[import-untyped]
from prometheus_client import CollectorRegistry

from vinculo.messaging import republish
from vinculo.testing.fixture_types import Eventually, MakeTopics, NewDatabase

from .republish_harness import COUNT_WAITING, Harness, Topics, new_streams, open_harness

pytestmark = pytest.mark.servers

IS_HALTED = "SELECT count(*) FROM halted_topics"


@pytest.fixture
async def harness(
    kafka: str, make_topics: MakeTopics, new_database: NewDatabase, eventually: Eventually
) -> AsyncIterator[Harness]:
    async with open_harness(kafka, make_topics, new_database, eventually) as harness:
        yield harness


async def published_topics(harness: Harness, talks: list[str], notes: list[str]) -> Topics:
    """Topics to which three versions of each stream were published by an earlier relay."""
    topics = await harness.new_topics()
    await harness.fill([*talks, *notes], versions=3)
    async with topics.relay():
        await wait_until_published(harness)
    return topics


async def wait_until_published(harness: Harness) -> None:
    await wait_for_rows(harness, 0)


async def wait_for_rows(harness: Harness, expected: int) -> None:
    async def is_reached() -> bool:
        return await harness.execute(COUNT_WAITING) == expected

    await harness.eventually(is_reached)


async def wait_until_halted(harness: Harness) -> None:
    async def is_halted() -> bool:
        return await harness.execute(IS_HALTED) == 1

    await harness.eventually(is_halted)


def halted_categories(registry: CollectorRegistry) -> float | None:
    return registry.get_sample_value("vinculo_relay_halted_categories", {"relay": "tested"})


async def test_nothing_is_published_to_a_recreated_topic_before_it_is_republished(
    harness: Harness,
) -> None:
    talks, notes = new_streams("talk", 4), new_streams("note", 1)
    topics = await published_topics(harness, talks, notes)
    await topics.recreate(topics.talks)
    registry = CollectorRegistry()

    async with topics.relay(registry):
        await harness.append(talks[0], 4)
        await harness.append(notes[0], 4)
        await wait_until_halted(harness)
        await wait_for_rows(harness, 1)
        assert halted_categories(registry) == 1
        assert await topics.versions(topics.talks) == {}
        assert await topics.versions(topics.notes) == {notes[0]: [1, 2, 3, 4]}

        await republish(topics.published, [topics.talks])
        await harness.append(talks[1], 4)
        await wait_until_published(harness)
        await harness.eventually(lambda: halted_categories(registry) == 0)

    assert await topics.versions(topics.talks) == {
        talks[0]: [1, 2, 3, 4],
        talks[1]: [1, 2, 3, 4],
        talks[2]: [1, 2, 3],
        talks[3]: [1, 2, 3],
    }


async def test_a_recreated_topic_is_recognised_after_it_has_grown(harness: Harness) -> None:
    talks = new_streams("talk", 1)
    topics = await published_topics(harness, talks, [])
    await topics.recreate(topics.talks)
    producer = AIOKafkaProducer(bootstrap_servers=harness.kafka)
    await producer.start()
    for partition in range(3):
        for _ in range(10):
            await producer.send_and_wait(topics.talks, b"{}", partition=partition)
    await producer.stop()

    async with topics.relay():
        await wait_until_halted(harness)


async def test_a_leader_recognises_that_its_topic_is_recreated(harness: Harness) -> None:
    talks = new_streams("talk", 3)
    topics = await published_topics(harness, talks, [])

    async with topics.relay():
        await harness.append(talks[0], 4)
        await wait_until_published(harness)
        await topics.recreate(topics.talks)
        await harness.append(talks[0], 5)
        await wait_until_halted(harness)

        await republish(topics.published, [topics.talks])

    versions = await topics.versions(topics.talks)
    assert versions[talks[0]][-5:] == [1, 2, 3, 4, 5]
    assert [versions[each] for each in talks[1:]] == [[1, 2, 3], [1, 2, 3]]


async def test_republishing_begins_again_when_the_relay_halts_a_topic_meanwhile(
    harness: Harness,
) -> None:
    talks = new_streams("talk", 5)
    topics = await published_topics(harness, talks, [])
    await topics.recreate(topics.talks)

    republishing = asyncio.create_task(republish(topics.published))
    await wait_for_rows(harness, 15)
    async with topics.relay():
        await republishing

    assert await topics.versions(topics.talks) == {each: [1, 2, 3] for each in talks}
    assert await harness.execute(IS_HALTED) == 0


async def test_records_that_retention_has_deleted_halt_nothing(harness: Harness) -> None:
    talks = new_streams("talk", 6)
    topics = await published_topics(harness, talks, [])
    await delete_records(harness.kafka, topics.talks)

    async with topics.relay():
        await harness.append(talks[0], 4)
        await wait_until_published(harness)

    assert await topics.versions(topics.talks) == {talks[0]: [4]}
    assert await harness.execute(IS_HALTED) == 0


async def delete_records(kafka: str, topic: str) -> None:
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await client.start()
    try:
        await client.delete_records(
            {TopicPartition(topic, n): RecordsToDelete(before_offset=-1) for n in range(3)}
        )
    finally:
        await client.close()
