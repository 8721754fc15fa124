"""A Kafka consumer that is always stopped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]

from vinculo.process import run_to_completion


@asynccontextmanager
async def started(consumer: AIOKafkaConsumer) -> AsyncIterator[AIOKafkaConsumer]:
    """Start the consumer, and stop it at the end.

    Both are completed even when cancelled: aiokafka would leave its first connection open, and it
    swallows a cancellation while it stops.
    """
    starting = asyncio.ensure_future(consumer.start())
    try:
        await asyncio.shield(starting)
        yield consumer
    finally:
        await run_to_completion(_stop(consumer, starting))


async def _stop(consumer: AIOKafkaConsumer, starting: "asyncio.Future[None]") -> None:
    await asyncio.gather(starting, return_exceptions=True)
    await consumer.stop()
