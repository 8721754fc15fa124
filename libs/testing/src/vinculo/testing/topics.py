"""Kafka topics of one test, under a prefix of its own."""

import asyncio
import logging

from aiokafka.admin import AIOKafkaAdminClient, NewTopic  # type: ignore[import-untyped]  # it has no types
from aiokafka.errors import TopicAlreadyExistsError, for_code  # type: ignore[import-untyped]  # it has no types

from vinculo.contracts.topic_admin import MAX_DEAD_LETTER_BYTES

WAIT_SECONDS = 15


async def create_topics(kafka: str, names: list[str], *, partitions: int) -> None:
    """Create them and wait until every partition has a leader; existing ones are left."""
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await client.start()
    try:
        answer = await client.create_topics(
            [NewTopic(name, partitions, 1, topic_configs=_settings(name)) for name in names]
        )
        for topic, code, *detail in answer.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise error(f"{topic}: {detail}")
        async with asyncio.timeout(WAIT_SECONDS):
            while not await _all_led(client, names):  # noqa: ASYNC110  # Kafka tells nobody
                await asyncio.sleep(0.02)
    finally:
        await client.close()


async def delete_topics(kafka: str, prefixes: list[str]) -> None:
    """Delete every topic under the prefixes, dead letters included."""
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await client.start()
    try:
        doomed = [name for name in await client.list_topics() if name.startswith(tuple(prefixes))]
        if doomed:
            await client.delete_topics(doomed)
    finally:
        await client.close()


def _settings(name: str) -> dict[str, str]:
    letters = name.endswith(".dead-letters")
    return {"max.message.bytes": str(MAX_DEAD_LETTER_BYTES)} if letters else {}


async def _all_led(client: AIOKafkaAdminClient, names: list[str]) -> bool:
    described = await client.describe_topics(names)
    return all(
        topic["error_code"] == 0
        and topic["partitions"]
        and all(partition["leader"] >= 0 for partition in topic["partitions"])
        for topic in described
    )
