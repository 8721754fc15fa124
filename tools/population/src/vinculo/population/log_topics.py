"""The topics of a population: made before it is written, empty or not, and gone with it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import AIOKafkaConsumer, TopicPartition  # type: ignore[import-untyped]
from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from vinculo.contracts.topics import TOPICS
from vinculo.local.process_spec import StartFailedError

GONE_SECONDS: Final = 60.0
LOOK_EVERY_SECONDS: Final = 0.1


async def filled_topics(kafka: str, prefix: str, partitions: int) -> Sequence[str]:
    """Which of the prefix's topics hold records already."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka)
    await consumer.start()
    try:
        everywhere = [
            TopicPartition(f"{prefix}{topic}", number)
            for topic in TOPICS
            for number in range(partitions)
        ]
        ends = await consumer.end_offsets(everywhere)
    finally:
        await consumer.stop()
    return sorted({partition.topic for partition, end in ends.items() if end})


async def delete_topics(kafka: str, prefix: str) -> None:
    """Delete every topic under the prefix and wait until Kafka knows none of them any more."""
    async with _admin(kafka) as admin:
        doomed = [name for name in await admin.list_topics() if name.startswith(prefix)]
        if not doomed:
            return
        await admin.delete_topics(doomed)
        async with asyncio.timeout(GONE_SECONDS):
            while set(doomed) & set(await admin.list_topics()):  # noqa: ASYNC110 - Kafka tells nobody
                await asyncio.sleep(LOOK_EVERY_SECONDS)


@asynccontextmanager
async def _admin(kafka: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        try:
            await admin.start()
        except (KafkaError, OSError):
            raise StartFailedError(f"no Kafka at {kafka}") from None
        yield admin
    finally:
        await admin.close()
