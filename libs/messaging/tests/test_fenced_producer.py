"""Of several producers with one transactional id, only the newest can write."""

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]
from aiokafka.errors import ProducerFenced  # type: ignore[import-untyped]

from vinculo.messaging import Record
from vinculo.messaging.fenced_producer import start_fenced_producer, stop_producer
from vinculo.messaging.kafka_producer import publish
from vinculo.testing.fixture_types import MakeTopics
from vinculo.testing.topics import read_topics

pytestmark = pytest.mark.servers


def said(topic: str, *words: bytes) -> list[Record]:
    return [Record(topic, b"key", each, []) for each in words]


async def values(kafka: str, topic: str) -> list[bytes]:
    return [each.value for each in await read_topics(kafka, topic)]


async def test_late_records_of_an_earlier_producer_are_refused(
    kafka: str, topic_prefix: str, make_topics: MakeTopics
) -> None:
    (topic,) = await make_topics("talks")
    deposed = await start_fenced_producer(kafka, f"{topic_prefix}relay")
    await publish(deposed, said(topic, b"1", b"2"))
    leader = await start_fenced_producer(kafka, f"{topic_prefix}relay")
    await publish(deposed, said(topic, b"3"))  # in order: the leader has written nothing yet
    await publish(leader, said(topic, b"3", b"4"))

    with pytest.raises(ProducerFenced):
        await publish(deposed, said(topic, b"3"))

    await publish(leader, said(topic, b"5"))
    assert await values(kafka, topic) == [b"1", b"2", b"3", b"3", b"4", b"5"]
    await stop_producer(deposed)
    await stop_producer(leader)


async def test_other_producers_are_not_affected(
    kafka: str, topic_prefix: str, make_topics: MakeTopics
) -> None:
    (topic,) = await make_topics("talks")
    one = await start_fenced_producer(kafka, f"{topic_prefix}one")
    other = await start_fenced_producer(kafka, f"{topic_prefix}other")

    await publish(other, said(topic, b"1"))
    await publish(one, said(topic, b"2"))
    await publish(other, said(topic, b"3"))

    assert await values(kafka, topic) == [b"1", b"2", b"3"]
    await stop_producer(one)
    await stop_producer(other)


async def test_nothing_but_the_records_is_in_the_log(
    kafka: str, topic_prefix: str, make_topics: MakeTopics
) -> None:
    """Transactions would add markers, and the end of a topic would be beyond its last record."""
    (topic,) = await make_topics("talks", partitions=1)
    producer = await start_fenced_producer(kafka, f"{topic_prefix}relay")
    await publish(producer, said(topic, b"1", b"2"))
    await publish(producer, said(topic, b"3"))
    await stop_producer(producer)

    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()
    ends = await consumer.end_offsets([TopicPartition(topic, 0)])
    await consumer.stop()

    assert list(ends.values()) == [3]
