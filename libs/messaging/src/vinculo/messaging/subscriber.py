"""The consumer on Kafka: a FastStream batch subscriber that commits only after the effect."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any

from aiokafka import ConsumerRecord, TopicPartition  # type: ignore[import-untyped]
from aiokafka.errors import (  # type: ignore[import-untyped]
    IllegalStateError,
    KafkaError,
)
from faststream import AckPolicy
from faststream.kafka import KafkaBroker, KafkaMessage
from prometheus_client import REGISTRY, CollectorRegistry

from vinculo.eventstore import crash_point
from vinculo.messaging.consumer import Consumer
from vinculo.messaging.dead_letters import DeadLetters
from vinculo.messaging.failures import reason_of
from vinculo.messaging.metrics import ConsumerMetrics, consumer_metrics
from vinculo.messaging.partition_work import PartitionWork, Progress

BATCH = 1000
POLL_MS = 20
PARTITIONS_AT_ONCE = 4
BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
METADATA_MAX_AGE_MS = 5_000
STOP_TIMEOUT_SECONDS = 3.0

log = logging.getLogger(__name__)


async def run_consumer(consumer: Consumer, *, registry: CollectorRegistry = REGISTRY) -> None:
    """Consume until cancelled; wait for Kafka as long as it takes."""
    dead_letters = DeadLetters(consumer.kafka, consumer.group)
    metrics = consumer_metrics(registry)
    subscription = Subscription(consumer, PartitionWork(consumer, dead_letters, metrics), metrics)
    try:
        for delay in _delays():
            broker = consumer_broker(consumer, subscription)
            try:
                await broker.start()
                await asyncio.Event().wait()
            except (KafkaError, OSError) as error:
                log.warning(
                    "kafka cannot be reached, trying again",
                    extra={"consumer": consumer.group, "error": type(error).__name__},
                )
            finally:
                await broker.stop()
            await asyncio.sleep(delay)
    finally:
        subscription.close()
        await dead_letters.close()


def consumer_broker(consumer: Consumer, subscription: "Subscription") -> KafkaBroker:
    """Give the broker with its one subscriber.

    Topics are never made by whoever comes first: they would have the broker's default partitions.
    The default acknowledgement policy commits before the effect and loses records in a crash.
    """
    broker = KafkaBroker(
        consumer.kafka,
        client_id=consumer.group,
        allow_auto_create_topics=False,
        ack_policy=AckPolicy.MANUAL,
        metadata_max_age_ms=METADATA_MAX_AGE_MS,
        graceful_timeout=STOP_TIMEOUT_SECONDS,
        logger=None,
    )
    subscriber = broker.subscriber(
        *(source.topic for source in consumer.sources),
        group_id=consumer.group,
        batch=True,
        max_records=BATCH,
        batch_timeout_ms=POLL_MS,
        auto_offset_reset="earliest",
        ack_policy=AckPolicy.MANUAL,
        session_timeout_ms=consumer.session_timeout_ms,
        heartbeat_interval_ms=min(3_000, consumer.session_timeout_ms // 3),
        parser=_parse_without_headers,
        decoder=_leave_undecoded,
        include_in_schema=False,
    )

    @subscriber
    async def receive(message: KafkaMessage) -> None:
        await subscription.receive(message.raw_message, message.consumer)

    return broker


class Subscription:
    """Spreads a batch over its partitions, commits what is done and pauses what has a fault."""

    def __init__(self, consumer: Consumer, work: PartitionWork, metrics: ConsumerMetrics) -> None:
        self._consumer = consumer
        self._work = work
        self._metrics = metrics
        self._at_once = asyncio.Semaphore(PARTITIONS_AT_ONCE)
        self._failures: Counter[TopicPartition] = Counter()
        self._resuming: dict[TopicPartition, asyncio.Task[None]] = {}

    async def receive(self, records: Sequence[ConsumerRecord], kafka: Any) -> None:  # noqa: ANN401 - aiokafka is untyped
        partitions: dict[TopicPartition, list[ConsumerRecord]] = {}
        for record in records:
            partitions.setdefault(TopicPartition(record.topic, record.partition), []).append(record)
        progress = dict(
            zip(
                partitions,
                await asyncio.gather(*(self._work_on(p, rs) for p, rs in partitions.items())),
                strict=True,
            )
        )
        crash_point("consumer-before-commit-offset")
        for partition, done in progress.items():
            if done.fault is None:
                self._failures.pop(partition, None)
            else:
                self._pause(kafka, partition, done.next_offset, done.fault)
        await self._commit(
            kafka,
            {
                partition: done.next_offset
                for partition, done in progress.items()
                if done.next_offset > partitions[partition][0].offset
            },
        )
        self._metrics.batch_finished.labels(self._consumer.group).set_to_current_time()

    def close(self) -> None:
        for task in self._resuming.values():
            task.cancel()
        self._resuming.clear()

    async def _work_on(
        self, partition: TopicPartition, records: Sequence[ConsumerRecord]
    ) -> Progress:
        """Let no exception out: FastStream would swallow it, and the next commit pass the batch."""
        source = self._consumer.source_of(partition.topic)
        if source is None:
            return Progress(records[0].offset, LookupError(partition.topic))
        async with self._at_once:
            try:
                return await self._work.run(records, source)
            except Exception as fault:  # noqa: BLE001 - whatever it is, the records are tried again
                return Progress(records[0].offset, fault)

    async def _commit(self, kafka: Any, offsets: Mapping[TopicPartition, int]) -> None:  # noqa: ANN401 - aiokafka is untyped
        """After a rebalance another owns the partition and reads again; the guards know it all."""
        if not offsets:
            return
        try:
            await kafka.commit(dict(offsets))
        except (KafkaError, OSError) as error:
            log.warning(
                "offsets not committed",
                extra={"consumer": self._consumer.group, "error": type(error).__name__},
            )

    def _pause(
        self,
        kafka: Any,  # noqa: ANN401 - aiokafka is untyped
        partition: TopicPartition,
        offset: int,
        fault: Exception,
    ) -> None:
        """Stop fetching the partition for a while; the poll, and so the membership, goes on."""
        failures = self._failures[partition]
        self._failures[partition] += 1
        delay = _delay(failures)
        self._metrics.faults.labels(self._consumer.group, partition.topic).inc()
        log.warning(
            "partition paused after a fault",
            extra={
                "consumer": self._consumer.group,
                "topic": partition.topic,
                "partition": partition.partition,
                "offset": offset,
                "error": reason_of(fault),
                "in_seconds": round(delay, 2),
            },
        )
        try:
            kafka.seek(partition, offset)
            kafka.pause(partition)
        except IllegalStateError:
            return  # Another member has the partition by now.
        self._resuming[partition] = asyncio.create_task(self._resume(kafka, partition, delay))
        self._tell_paused()

    async def _resume(self, kafka: Any, partition: TopicPartition, delay: float) -> None:  # noqa: ANN401 - aiokafka is untyped
        await asyncio.sleep(delay)
        if partition in kafka.assignment():
            kafka.resume(partition)
        if self._resuming.get(partition) is asyncio.current_task():
            del self._resuming[partition]
        self._tell_paused()

    def _tell_paused(self) -> None:
        self._metrics.paused.labels(self._consumer.group).set(len(self._resuming))


async def _parse_without_headers(
    records: tuple[ConsumerRecord, ...],
    original: Callable[[tuple[ConsumerRecord, ...]], Awaitable[KafkaMessage]],
) -> KafkaMessage:
    """Keep headers from FastStream's own parser.

    It decodes every header and raises on a null or non-UTF-8 one before any handler is called; the
    records would be passed over silently.
    """
    first = records[0]
    bare = ConsumerRecord(
        topic=first.topic,
        partition=first.partition,
        offset=first.offset,
        timestamp=first.timestamp,
        timestamp_type=first.timestamp_type,
        key=None,
        value=b"",
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=0,
        headers=(),
    )
    message = await original((bare,))
    message.raw_message = records
    return message


async def _leave_undecoded(message: KafkaMessage, original: object) -> None:  # noqa: ARG001 - as FastStream calls it
    return None


def _delay(failures: int) -> float:
    seconds = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311 - only to keep workers apart


def _delays() -> Iterator[float]:
    failures = 0
    while True:
        yield _delay(failures)
        failures += 1
