"""Finds partitions that stand still: they have records, and none was processed for a while.

A task of its own asks Kafka for the ends of the assigned partitions, so that a consumer is also
noticed whose processing never returns, or which no longer fetches.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition  # type: ignore[import-untyped]
from prometheus_client import Gauge

from vinculo.messaging.kafka_consumer import no_stray_cancellation

STALLED_AFTER_SECONDS: Final = 60.0
MEASUREMENTS_PER_LIMIT: Final = 6
ENDS_TIMEOUT_SECONDS: Final = 5.0

log = structlog.get_logger()


class StalledPartitions:
    """Measures one consumer; `consumer` is its group, and `gauge` gets the number of partitions.

    The partitions are those of the aiokafka consumer that polled last. A processed offset is the
    one after the last record whose effect is stored.
    """

    def __init__(
        self,
        consumer: str,
        stalled_after_seconds: float,
        gauge: Gauge,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._consumer = consumer
        self._stalled_after_seconds = stalled_after_seconds
        self._gauge = gauge
        self._gauge.set(0)
        self._clock = clock
        self._kafka: AIOKafkaConsumer | None = None
        self._processed: dict[TopicPartition, int] = {}
        self._waiting_since: dict[TopicPartition, float] = {}
        self._stalled: set[TopicPartition] = set()

    def polled(self, kafka: Any) -> None:  # noqa: ANN401 - aiokafka is untyped
        """Note the consumer that fetches now; it has begun anew if it is another one."""
        if kafka is not self._kafka:
            self._kafka = kafka
            self.moved()

    def moved(self) -> None:
        """Note that the consumer continues elsewhere, at the places where it fetches now."""
        self._processed.clear()

    def received(self, records: Iterable[ConsumerRecord]) -> None:
        """Note what is about to be processed: its place is not known before the first record."""
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            self._processed.setdefault(partition, record.offset)

    def processed(self, records: Iterable[ConsumerRecord]) -> None:
        now = self._clock()
        for record in records:
            partition = TopicPartition(record.topic, record.partition)
            self._processed[partition] = record.offset + 1
            self._waiting_since[partition] = now

    async def run(self) -> None:
        """Measure until cancelled; without Kafka the metric stays as it was."""
        while True:
            await asyncio.sleep(self._stalled_after_seconds / MEASUREMENTS_PER_LIMIT)
            try:
                with no_stray_cancellation():
                    await self.measure()
            except Exception as error:  # noqa: BLE001 - any error is retried
                log.warning(
                    "stall-not-measured", consumer=self._consumer, error=type(error).__name__
                )

    async def measure(self) -> None:
        """Set the gauge, and log partitions that stand still since this measurement.

        Raises:
            KafkaError, TimeoutError: the ends of the partitions are not known.

        """
        kafka = self._kafka
        if kafka is None:
            return
        assigned = kafka.assignment()
        async with asyncio.timeout(ENDS_TIMEOUT_SECONDS):
            ends = await kafka.end_offsets(list(assigned)) if assigned else {}
        now = self._clock()
        waiting = {each for each, end in ends.items() if end > await self._next(kafka, each)}
        for each in self._waiting_since.keys() - waiting:
            del self._waiting_since[each]
        for each in self._processed.keys() - assigned:
            del self._processed[each]
        for each in waiting:
            self._waiting_since.setdefault(each, now)
        oldest = now - self._stalled_after_seconds
        stalled = {each for each in waiting if self._waiting_since[each] <= oldest}
        for each in sorted(stalled - self._stalled):
            log.error(
                "partition-stalled",
                consumer=self._consumer,
                topic=each.topic,
                partition=each.partition,
                offset=self._processed.get(each),
            )
        self._stalled = stalled
        self._gauge.set(len(stalled))

    async def _next(self, kafka: AIOKafkaConsumer, partition: TopicPartition) -> int:
        """The offset of the first record that is not processed."""
        known = self._processed.get(partition)
        if known is not None:
            return known
        async with asyncio.timeout(ENDS_TIMEOUT_SECONDS):
            return int(await kafka.position(partition))
