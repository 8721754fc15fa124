"""Every process reads a topic whole, in the order of each partition, and follows it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiokafka import (  # type: ignore[import-untyped]
    AIOKafkaConsumer,
    AIOKafkaProducer,
    ConsumerRecord,
)
from prometheus_client import CollectorRegistry

from vinculo.messaging import TopicReader, topic_reader
from vinculo.testing.fixture_types import Eventually, MakeTopics

pytestmark = pytest.mark.servers

Apply = Callable[[ConsumerRecord], None]


@asynccontextmanager
async def reading(kafka: str, topic: str, apply: Apply) -> AsyncIterator[TopicReader]:
    reader = TopicReader(kafka, topic, apply, registry=CollectorRegistry())
    running = asyncio.create_task(reader.run())
    try:
        yield reader
    finally:
        running.cancel()
        await asyncio.wait([running])


async def publish(kafka: str, topic: str, *values: str) -> None:
    """All with one key, so in one partition."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(topic, key=b"one", value=value.encode())
    finally:
        await producer.stop()


async def test_readers_get_all_records_in_order_and_those_that_come_later(
    kafka: str, topic_prefix: str, make_topics: MakeTopics, eventually: Eventually
) -> None:
    await make_topics("followed")
    topic = f"{topic_prefix}followed"
    await publish(kafka, topic, "a", "b", "c")
    first: list[str] = []
    second: list[str] = []

    def read_into(values: list[str]) -> Apply:
        return lambda record: values.append(record.value.decode())

    async with (
        reading(kafka, topic, read_into(first)) as one,
        reading(kafka, topic, read_into(second)) as other,
    ):
        assert not one.is_current
        assert await one.wait_until_current(10)
        assert await other.wait_until_current(10)
        assert first == second == ["a", "b", "c"]
        await publish(kafka, topic, "d")

        async def both_have_it() -> bool:
            return first[3:] == second[3:] == ["d"]

        await eventually(both_have_it)


async def test_an_empty_topic_is_read_at_once(
    kafka: str, topic_prefix: str, make_topics: MakeTopics
) -> None:
    await make_topics("followed")

    async with reading(kafka, f"{topic_prefix}followed", lambda _: None) as reader:
        assert await reader.wait_until_current(10)


async def test_a_topic_that_is_created_later_is_read_then(
    kafka: str, topic_prefix: str, make_topics: MakeTopics, eventually: Eventually
) -> None:
    topic = f"{topic_prefix}followed"
    values: list[bytes] = []
    async with reading(kafka, topic, lambda record: values.append(record.value)) as reader:
        assert not await reader.wait_until_current(0.5)
        await make_topics("followed")
        await publish(kafka, topic, "a")
        assert await reader.wait_until_current(20)
        # The reader may have been current before the record was published.
        await eventually(lambda: values == [b"a"])


async def test_a_reader_without_partitions_is_not_current_and_connects_again(
    kafka: str, topic_prefix: str, make_topics: MakeTopics, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an answer of Kafka in which the topic is missing."""
    await make_topics("followed")
    await publish(kafka, f"{topic_prefix}followed", "a")
    assignment: Callable[[AIOKafkaConsumer], object] = AIOKafkaConsumer.assignment
    consumers: set[AIOKafkaConsumer] = set()

    def without_the_first(consumer: AIOKafkaConsumer) -> object:
        consumers.add(consumer)
        return assignment(consumer) if len(consumers) > 1 else frozenset()

    monkeypatch.setattr(AIOKafkaConsumer, "assignment", without_the_first)
    values: list[bytes] = []
    async with reading(
        kafka, f"{topic_prefix}followed", lambda r: values.append(r.value)
    ) as reader:
        assert await reader.wait_until_current(30)
        assert values == [b"a"]
    assert len(consumers) == 2


async def hang(_consumer: AIOKafkaConsumer, **_arguments: object) -> None:
    await asyncio.Event().wait()


async def cancel(_consumer: AIOKafkaConsumer, **_arguments: object) -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize(
    ("step", "fault"), [("start", cancel), ("getmany", cancel), ("getmany", hang)]
)
async def test_a_client_that_hangs_or_cancels_itself_is_replaced(
    kafka: str,
    make_topics: MakeTopics,
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
    *,
    step: str,
    fault: Callable[..., Awaitable[None]],
) -> None:
    (topic,) = await make_topics("followed")
    values: list[bytes] = []
    real: Callable[..., Awaitable[object]] = getattr(AIOKafkaConsumer, step)
    calls: list[Callable[..., Awaitable[object]]] = [fault]

    async def faulty(consumer: AIOKafkaConsumer, **arguments: object) -> object:
        call = calls.pop() if calls else real
        return await call(consumer, **arguments)

    monkeypatch.setattr(topic_reader, "HUNG_SECONDS", 7.0)  # longer than it waits for records
    monkeypatch.setattr(topic_reader, "STOP_SECONDS", 0.1)
    monkeypatch.setattr(AIOKafkaConsumer, step, faulty)
    async with reading(kafka, topic, lambda record: values.append(record.value)) as reader:
        await eventually(lambda: reader.is_current and not calls)
        await publish(kafka, topic, "a")
        await eventually(lambda: values == [b"a"])
