"""Records that the store lacks are listed, each with what an operator does about it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import typer
from typer.testing import CliRunner

from vinculo.events import uuid7
from vinculo.eventstore import raise_store_epoch
from vinculo.messaging import PublishedStreams, republish
from vinculo.messaging.republish import UnknownTopic
from vinculo.messaging.topic_commands import add_topic_commands
from vinculo.messaging.topic_comparison import (
    Comparison,
    Difference,
    TopicsMissing,
    UnstoredRecord,
    compare_topics,
)
from vinculo.testing.fixture_types import Eventually, MakeTopics, NewDatabase

from .recorded_events import headers, record_producer, value
from .republish_harness import Harness, Topics, new_streams, open_harness

pytestmark = pytest.mark.servers


@pytest.fixture
async def harness(
    kafka: str, make_topics: MakeTopics, new_database: NewDatabase, eventually: Eventually
) -> AsyncIterator[Harness]:
    async with open_harness(kafka, make_topics, new_database, eventually) as harness:
        yield harness


async def publish_all(topics: Topics) -> None:
    async with topics.relay():
        await topics.harness.eventually(lambda: is_published(topics.harness))


async def is_published(harness: Harness) -> bool:
    return await harness.execute("SELECT count(*) FROM outbox") == 0


@asynccontextmanager
async def restored_without_the_last_version(
    harness: Harness, new_database: NewDatabase, talk: str
) -> AsyncIterator[Topics]:
    """Version 3 is published; the restored backup has two."""
    topics = await harness.new_topics()
    await harness.fill([talk, *new_streams("note", 3)], versions=2)
    backup = await harness.stored_rows()
    await harness.append(talk, 3)
    await publish_all(topics)
    assert await compare_topics(topics.published) == Comparison(records=9, unstored=[])
    async with open_harness(
        harness.kafka, harness.make_topics, new_database, harness.eventually
    ) as restored:
        await restored.insert_rows(backup)
        yield replace(topics, harness=restored)


async def only_difference(topics: Topics, talk: str) -> UnstoredRecord:
    (found,) = (await compare_topics(topics.published)).unstored
    assert (found.topic, found.stream_id, found.version) == (topics.talks, talk, 3)
    return found


async def test_a_restored_database_and_its_way_back(
    harness: Harness, new_database: NewDatabase
) -> None:
    (talk,) = new_streams("talk", 1)
    async with restored_without_the_last_version(harness, new_database, talk) as topics:
        found = await only_difference(topics, talk)
        assert found.difference is Difference.EPOCH_NOT_RAISED
        assert "begin a new epoch" in found.remedy

        await raise_store_epoch(topics.harness.url)
        found = await only_difference(topics, talk)
        assert found.difference is Difference.LOST
        assert f"republish --topic {topics.talks}" in found.remedy
        assert f"dead-letters resync {talk}" in found.remedy

        await topics.recreate(topics.talks)
        async with topics.relay():
            await republish(topics.published, [topics.talks])
        assert await compare_topics(topics.published) == Comparison(records=8, unstored=[])


async def test_another_event_at_the_version_of_a_lost_one(
    harness: Harness, new_database: NewDatabase
) -> None:
    (talk,) = new_streams("talk", 1)
    async with restored_without_the_last_version(harness, new_database, talk) as topics:
        await raise_store_epoch(topics.harness.url)
        await topics.harness.append(talk, 3)
        found = await only_difference(topics, talk)
        assert found.difference is Difference.NOT_PUBLISHED
        assert found.remedy.startswith(f"republish --topic {topics.talks}, then ")

        await topics.harness.forget_outbox()
        async with topics.relay():
            await republish(topics.published, [topics.talks])
        found = await only_difference(topics, talk)
        assert found.difference is Difference.OTHER_EVENT
        assert found.remedy == f"dead-letters resync {talk} of each consumer that lists it"


async def test_records_of_others_are_foreign_only_in_topics_of_the_service(
    harness: Harness,
) -> None:
    topics = await harness.new_topics()
    (shared,) = await harness.make_topics("access.revocations")
    published = replace(topics.published, topics={**topics.published.topics, "revocation": shared})
    stream = f"talk-{uuid7()}"
    async with record_producer(harness.kafka) as producer:
        await producer.send(topics.talks, [("ce_streamid", b"\xff")], b"rubbish")
        await producer.send_event(topics.talks, stream, 1)
        await producer.send(shared, headers(stream, 1), value())

    found = await compare_topics(published)

    assert found.records == 3
    assert {(each.topic, each.difference) for each in found.unstored} == {
        (topics.talks, Difference.FOREIGN)
    }
    assert sorted((each.stream_id, each.version) for each in found.unstored) == [
        ("", 0),
        (stream, 1),
    ]


async def test_only_topics_of_the_service_that_exist_are_compared(harness: Harness) -> None:
    topics = await harness.new_topics()

    with pytest.raises(UnknownTopic, match="does not publish elsewhere"):
        await compare_topics(topics.published, ["elsewhere"])
    with pytest.raises(TopicsMissing, match="there is no topic nowhere"):
        await compare_topics(replace(topics.published, topics={"talk": "nowhere"}))


def run(published: PublishedStreams, *arguments: str) -> tuple[int, str, str]:
    app = typer.Typer()
    add_topic_commands(app, lambda: published)
    result = CliRunner().invoke(app, ["compare-topics", *arguments])
    return result.exit_code, result.stdout, result.stderr


async def test_the_command_prints_place_stream_version_and_remedy(
    harness: Harness, new_database: NewDatabase
) -> None:
    (talk,) = new_streams("talk", 1)
    async with restored_without_the_last_version(harness, new_database, talk) as topics:
        published = topics.published
        code, output, errors = await asyncio.to_thread(run, published)
        assert code == 1
        place, difference, stream, version, type_, remedy = output.rstrip("\n").split("\t")
        assert place.startswith(f"{topics.talks}/")
        assert (difference, stream, version) == ("epoch-not-raised", talk, "3")
        assert type_.endswith(".said.v1")
        assert remedy.startswith("stop the service and begin a new epoch")
        assert errors.endswith("1 of 9 records are not in the store\n")

        code, output, errors = await asyncio.to_thread(run, published, "--topic", topics.notes)
        assert (code, output) == (0, "")
        assert errors == "0 of 6 records are not in the store\n"

        code, _, errors = await asyncio.to_thread(run, published, "--topic", "elsewhere")
        assert code == 2

        nowhere = replace(published, topics={"talk": "nowhere"})
        code, _, errors = await asyncio.to_thread(run, nowhere)
        assert (code, errors.count("\n")) == (1, 1)
        for broken in (
            replace(published, kafka="127.0.0.1:1"),
            replace(published, database_url="postgresql://nobody@127.0.0.1:1/x"),
        ):
            code, output, errors = await asyncio.to_thread(run, broken)
            assert (code, output) == (1, "")
            assert "cannot be used" in errors
