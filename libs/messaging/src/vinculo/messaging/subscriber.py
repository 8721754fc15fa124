"""The consumer on Kafka: a FastStream batch subscriber that commits only after the effect."""

import asyncio
from collections.abc import Iterator

import structlog
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]
from prometheus_client import REGISTRY, CollectorRegistry

from vinculo.messaging.consumer import Consumer
from vinculo.messaging.dead_letters import DeadLetters
from vinculo.messaging.metrics import consumer_metrics
from vinculo.messaging.partition_processor import PartitionProcessor
from vinculo.messaging.subscription import Subscription, delay_seconds

log = structlog.get_logger()


async def run_consumer(consumer: Consumer, *, registry: CollectorRegistry = REGISTRY) -> None:
    """Consume until cancelled; wait for Kafka as long as it takes."""
    # FastStream is slow to import, and most processes that import this library do not consume.
    from vinculo.messaging.broker import consumer_broker, stop  # noqa: PLC0415 - said above

    dead_letters = DeadLetters(consumer.kafka, consumer.group)
    metrics = consumer_metrics(registry)
    subscription = Subscription(
        consumer, PartitionProcessor(consumer, dead_letters, metrics), metrics
    )
    try:
        for delay in _delays():
            broker = consumer_broker(consumer, subscription)
            try:
                await broker.start()
                await asyncio.Event().wait()
            except (KafkaError, OSError) as error:
                log.warning(
                    "kafka-unreachable", consumer=consumer.group, error=type(error).__name__
                )
            finally:
                await stop(broker)
            await asyncio.sleep(delay)
    finally:
        subscription.close()
        await dead_letters.close()


def _delays() -> Iterator[float]:
    failures = 0
    while True:
        yield delay_seconds(failures)
        failures += 1
