"""A Kafka consumer that is always stopped, and that does not cancel its callers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]
from aiokafka.errors import KafkaConnectionError  # type: ignore[import-untyped]

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


@contextmanager
def no_stray_cancellation() -> Iterator[None]:
    """Let CancelledError pass only if the task was cancelled.

    aiokafka raises it by itself after lost connections, and a task would end unnoticed.

    Raises:
        KafkaConnectionError: aiokafka raised CancelledError.

    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise KafkaConnectionError("cancelled by the client") from error


async def _stop(consumer: AIOKafkaConsumer, starting: "asyncio.Future[None]") -> None:
    await asyncio.gather(starting, return_exceptions=True)
    await consumer.stop()
