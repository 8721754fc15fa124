"""A Kafka consumer that is stopped, also by a task that is cancelled meanwhile."""

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]

from vinculo.messaging.kafka_consumer import started
from vinculo.testing.fixture_types import MakeTopics

pytestmark = pytest.mark.servers

ITERATIONS = 5
"""Of the event loop while the consumer stops; a cancellation may come in each."""


@pytest.mark.parametrize("iterations", range(ITERATIONS))
async def test_a_task_that_is_cancelled_while_its_consumer_stops_ends(
    kafka: str, make_topics: MakeTopics, iterations: int
) -> None:
    (topic,) = await make_topics("talks")
    is_started, may_stop = asyncio.Event(), asyncio.Event()

    async def read_and_wait() -> None:
        async with started(AIOKafkaConsumer(topic, bootstrap_servers=kafka)):
            is_started.set()
            await may_stop.wait()
        await asyncio.Event().wait()

    task = asyncio.create_task(read_and_wait())
    await is_started.wait()
    may_stop.set()
    for _ in range(iterations):
        await asyncio.sleep(0)
    task.cancel()

    async with asyncio.timeout(30):
        with pytest.raises(asyncio.CancelledError):
            await task
