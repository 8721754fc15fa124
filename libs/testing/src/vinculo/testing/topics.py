"""Kafka topics of a test, under their own prefix: creating, reading and deleting them."""

import asyncio
import logging

from aiokafka import AIOKafkaConsumer, ConsumerRecord  # type: ignore[import-untyped]  # it has no types
from aiokafka.admin import AIOKafkaAdminClient, NewTopic  # type: ignore[import-untyped]  # it has no types
from aiokafka.errors import TopicAlreadyExistsError, for_code  # type: ignore[import-untyped]  # it has no types

from vinculo.contracts.topic_admin import MAX_DEAD_LETTER_BYTES

LEADER_TIMEOUT_SECONDS = 15
POLL_SECONDS = 0.02


async def create_topics(kafka: str, names: list[str], *, partitions: int) -> None:
    """Create the topics that do not exist, and wait until every partition has a leader."""
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await client.start()
    try:
        response = await client.create_topics(
            [NewTopic(name, partitions, 1, topic_configs=_settings(name)) for name in names]
        )
        for topic, code, *detail in response.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise error(f"{topic}: {detail}")
        async with asyncio.timeout(LEADER_TIMEOUT_SECONDS):
            while not await _have_leaders(client, names):  # noqa: ASYNC110  # Kafka has no notification
                await asyncio.sleep(POLL_SECONDS)
    finally:
        await client.close()


async def delete_topics(kafka: str, prefixes: list[str]) -> None:
    """Delete all topics with these prefixes."""
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await client.start()
    try:
        topics = [name for name in await client.list_topics() if name.startswith(tuple(prefixes))]
        if topics:
            await client.delete_topics(topics)
    finally:
        await client.close()


async def read_topics(kafka: str, *names: str) -> list[ConsumerRecord]:
    """All records that the topics have now, those of each partition in order."""
    consumer = AIOKafkaConsumer(*names, bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        ends = await consumer.end_offsets(consumer.assignment())
        found: list[ConsumerRecord] = []
        while any([await consumer.position(each) < end for each, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += records
        return found
    finally:
        await consumer.stop()


def _settings(name: str) -> dict[str, str]:
    is_dead_letter_topic = name.endswith(".dead-letters")
    return {"max.message.bytes": str(MAX_DEAD_LETTER_BYTES)} if is_dead_letter_topic else {}


async def _have_leaders(client: AIOKafkaAdminClient, names: list[str]) -> bool:
    described = await client.describe_topics(names)
    return all(
        topic["error_code"] == 0
        and topic["partitions"]
        and all(partition["leader"] >= 0 for partition in topic["partitions"])
        for topic in described
    )
