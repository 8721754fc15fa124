"""A Kafka consumer that is always stopped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]


@asynccontextmanager
async def started(consumer: AIOKafkaConsumer) -> AsyncIterator[AIOKafkaConsumer]:
    """Start the consumer, and stop it at the end.

    It is started to the end even when cancelled: aiokafka would leave its first connection open.
    """
    starting = asyncio.ensure_future(consumer.start())
    try:
        await asyncio.shield(starting)
        yield consumer
    finally:
        await asyncio.gather(starting, return_exceptions=True)
        await consumer.stop()
