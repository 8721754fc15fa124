"""The Kafka topics and key ring of one population: where its events and keys are written."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition  # type: ignore[import-untyped]
from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from vinculo.contracts.topic_admin import Layout, TopicsRefused, create_topics
from vinculo.contracts.topics import TOPICS
from vinculo.local.process_spec import StartFailedError

CREATION_TIMEOUT_SECONDS: Final = 10.0
DELETION_TIMEOUT_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.1
BATCH_BYTES: Final = 512 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationLog:
    """`prefix` precedes the names of topics; the key-encryption key is in base64."""

    kafka: str
    prefix: str
    partitions: int
    keyring_url: str
    key_encryption_key: str


async def create_log_topics(log: PopulationLog) -> None:
    """Create the topics.

    Raises StartFailedError when they contain records: the versions of two populations in the same
    topics would form gaps and duplicates.
    """
    layout = Layout(partitions=log.partitions, replication=1, prefix=log.prefix)
    try:
        await create_topics(log.kafka, layout, startup_timeout_seconds=CREATION_TIMEOUT_SECONDS)
    except TopicsRefused as refused:
        raise StartFailedError(str(refused)) from None
    if filled := await filled_topics(log):
        raise StartFailedError(f"{', '.join(filled)} hold events already")


async def filled_topics(log: PopulationLog) -> Sequence[str]:
    """The topics that contain records."""
    consumer = AIOKafkaConsumer(bootstrap_servers=log.kafka)
    await consumer.start()
    try:
        partitions = [
            TopicPartition(f"{log.prefix}{topic}", number)
            for topic in TOPICS
            for number in range(log.partitions)
        ]
        ends = await consumer.end_offsets(partitions)
    finally:
        await consumer.stop()
    return sorted({partition.topic for partition, end in ends.items() if end})


async def delete_topics(log: PopulationLog) -> None:
    """Delete every topic with the prefix and wait until Kafka no longer lists them."""
    async with _admin(log.kafka) as admin:
        deleted = [name for name in await admin.list_topics() if name.startswith(log.prefix)]
        if not deleted:
            return
        await admin.delete_topics(deleted)
        async with asyncio.timeout(DELETION_TIMEOUT_SECONDS):
            while set(deleted) & set(await admin.list_topics()):  # noqa: ASYNC110 - no event for it
                await asyncio.sleep(POLL_SECONDS)


def new_producer(kafka: str) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=kafka,
        enable_idempotence=True,
        linger_ms=0,
        max_batch_size=BATCH_BYTES,
    )


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
