"""Runs a consumer on Kafka: its partitions in parallel, offsets committed after the effects.

A partition with a fault is paused and retried with back-off, while the others continue.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import Any

import structlog
from aiokafka import ConsumerRecord, TopicPartition  # type: ignore[import-untyped]
from aiokafka.errors import (  # type: ignore[import-untyped]
    IllegalStateError,
    KafkaError,
)
from prometheus_client import REGISTRY, CollectorRegistry

from vinculo.messaging.checkpoints import DecidedRecord
from vinculo.messaging.consumer import Consumer
from vinculo.messaging.dead_letters import DeadLetters
from vinculo.messaging.error_summaries import safe_reason
from vinculo.messaging.metrics import ConsumerMetrics, consumer_metrics
from vinculo.messaging.partition_processor import BatchProgress, PartitionProcessor
from vinculo.messaging.quarantine_retries import RETRY_SECONDS, QuarantineRetries
from vinculo.messaging.stalled_partitions import STALLED_AFTER_SECONDS, StalledPartitions
from vinculo.process import Backoff, crash_point

MAX_CONCURRENT_PARTITIONS = 4
COMMIT_INTERVAL_SECONDS = 1.0
COMMIT_TIMEOUT_SECONDS = 2.0
BACKOFF = Backoff(initial_seconds=0.1, max_seconds=10.0)

log = structlog.get_logger()


async def run_consumer(
    consumer: Consumer,
    *,
    registry: CollectorRegistry = REGISTRY,
    retry_seconds: float = RETRY_SECONDS,
    stalled_after_seconds: float = STALLED_AFTER_SECONDS,
) -> None:
    """Consume until cancelled; an unreachable Kafka is retried without limit.

    `retry_seconds` is how often streams are replayed that wait for a missing key. A partition is
    reported as stalled when it has records and processes none for `stalled_after_seconds`.
    """
    # FastStream is slow to import, and most processes that import this library do not consume.
    from vinculo.messaging.broker import consumer_broker, stop_broker  # noqa: PLC0415 - see above

    dead_letters = DeadLetters(consumer.kafka, consumer.group)
    metrics = consumer_metrics(registry)
    metrics.start_counting(consumer.group)
    retries = QuarantineRetries(consumer, retry_seconds)
    stalled = metrics.stalled.labels(consumer.group)
    stalls = StalledPartitions(consumer.group, stalled_after_seconds, stalled)

    def on_decided(decided: Sequence[DecidedRecord]) -> None:
        metrics.count(consumer.group, decided)
        stalls.processed(each.record.record for each in decided)
        retries.observe(decided)

    processor = PartitionProcessor(
        consumer.checkpoints, dead_letters, max_tries=consumer.max_tries, on_decided=on_decided
    )
    subscription = Subscription(consumer, processor, metrics, stalls)
    beside = [asyncio.create_task(each) for each in (retries.run(), stalls.run())]
    try:
        for failures in count():
            broker = consumer_broker(
                consumer,
                subscription.receive,
                on_poll=stalls.polled,
                on_revoked=subscription.revoked,
            )
            try:
                await broker.start()
                await asyncio.Event().wait()
            except (KafkaError, OSError) as error:
                log.warning(
                    "kafka-unreachable", consumer=consumer.group, error=type(error).__name__
                )
            finally:
                await subscription.stop()
                await stop_broker(broker)
            await asyncio.sleep(BACKOFF.delay_seconds(failures))
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await dead_letters.close()


class Subscription:
    """Processes what Kafka delivers: one batch per partition.

    Offsets are committed a second after the first record that they leave behind, because a commit
    costs as much as applying an event. Checkpoints, not offsets, decide what is applied.
    """

    def __init__(
        self,
        consumer: Consumer,
        processor: PartitionProcessor,
        metrics: ConsumerMetrics,
        stalls: StalledPartitions,
    ) -> None:
        self._consumer = consumer
        self._processor = processor
        self._metrics = metrics
        self._stalls = stalls
        self._slots = asyncio.Semaphore(MAX_CONCURRENT_PARTITIONS)
        self._failures: Counter[TopicPartition] = Counter()
        self._resuming: dict[TopicPartition, asyncio.Task[None]] = {}
        self._uncommitted: dict[TopicPartition, int] = {}
        self._committing: asyncio.Task[None] | None = None
        self._report_failing()

    async def receive(self, records: Sequence[ConsumerRecord], kafka: Any) -> None:  # noqa: ANN401 - aiokafka is untyped
        """Process the records, and pause partitions with a fault."""
        self._stalls.received(records)
        partitions: dict[TopicPartition, list[ConsumerRecord]] = {}
        for record in records:
            partitions.setdefault(TopicPartition(record.topic, record.partition), []).append(record)
        progress = dict(
            zip(
                partitions,
                await asyncio.gather(*(self._process(each) for each in partitions.values())),
                strict=True,
            )
        )
        next_offsets = {
            partition: partitions[partition][-1].offset + 1
            if done.next is None
            else done.next.offset
            for partition, done in progress.items()
        }
        for partition, done in progress.items():
            if done.fault is None:
                self._forget_failures([partition])
            else:
                self._pause(kafka, partition, next_offsets[partition], done.fault)
        self._commit_soon(
            kafka,
            {
                partition: offset
                for partition, offset in next_offsets.items()
                if offset > partitions[partition][0].offset
            },
        )
        self._metrics.batch_finished.labels(self._consumer.group).set_to_current_time()

    def revoked(self, partitions: Iterable[TopicPartition]) -> None:
        """Forget what is known of partitions that another consumer may process from now on."""
        self._forget_failures(partitions)
        self._stalls.moved()

    async def stop(self) -> None:
        """Commit what is done, and cancel the pending resumptions of paused partitions."""
        for task in self._resuming.values():
            task.cancel()
        self._resuming.clear()
        self._forget_failures(list(self._failures))
        if self._committing is not None:
            self._committing.cancel()
            await asyncio.gather(self._committing, return_exceptions=True)

    async def _process(self, records: Sequence[ConsumerRecord]) -> BatchProgress:
        """Never raises: FastStream would swallow it, and the next commit would skip the batch."""
        async with self._slots:
            try:
                return await self._processor.run([self._consumer.decode(each) for each in records])
            except Exception as fault:  # noqa: BLE001 - any error is retried
                return BatchProgress(records[0], fault)

    def _commit_soon(self, kafka: Any, offsets: Mapping[TopicPartition, int]) -> None:  # noqa: ANN401 - aiokafka is untyped
        self._uncommitted |= offsets
        if self._uncommitted and self._committing is None:
            self._committing = asyncio.create_task(self._commit_after_interval(kafka))

    async def _commit_after_interval(self, kafka: Any) -> None:  # noqa: ANN401 - aiokafka is untyped
        try:
            await asyncio.sleep(COMMIT_INTERVAL_SECONDS)
        finally:
            self._committing = None
            await self._commit(kafka)

    async def _commit(self, kafka: Any) -> None:  # noqa: ANN401 - aiokafka is untyped
        """Commit the offsets of partitions that are still assigned; an error is only logged.

        The new owner of a partition, and this consumer after a crash, read uncommitted records
        again and ignore them by their checkpoints.
        """
        uncommitted, self._uncommitted = self._uncommitted, {}
        assigned = kafka.assignment()
        offsets = {each: offset for each, offset in uncommitted.items() if each in assigned}
        if not offsets:
            return
        crash_point("consumer-before-commit-offset")
        try:
            async with asyncio.timeout(COMMIT_TIMEOUT_SECONDS):
                await kafka.commit(offsets)
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning(
                "offsets-not-committed", consumer=self._consumer.group, error=type(error).__name__
            )

    def _pause(
        self,
        kafka: Any,  # noqa: ANN401 - aiokafka is untyped
        partition: TopicPartition,
        offset: int,
        fault: Exception,
    ) -> None:
        """Stop fetching the partition for a while. Polling goes on, so the member stays in."""
        delay_seconds = BACKOFF.delay_seconds(self._failures[partition])
        self._metrics.faults.labels(self._consumer.group, partition.topic).inc()
        log.warning(
            "partition-paused",
            consumer=self._consumer.group,
            topic=partition.topic,
            partition=partition.partition,
            offset=offset,
            error=safe_reason(fault),
            delay_seconds=round(delay_seconds, 2),
        )
        try:
            kafka.seek(partition, offset)
            kafka.pause(partition)
        except IllegalStateError:
            return  # The partition has been assigned to another member.
        self._failures[partition] += 1
        self._report_failing()
        self._resuming[partition] = asyncio.create_task(
            self._resume(kafka, partition, delay_seconds)
        )

    async def _resume(self, kafka: Any, partition: TopicPartition, delay_seconds: float) -> None:  # noqa: ANN401 - aiokafka is untyped
        await asyncio.sleep(delay_seconds)
        if partition in kafka.assignment():
            kafka.resume(partition)
        if self._resuming.get(partition) is asyncio.current_task():
            del self._resuming[partition]

    def _forget_failures(self, partitions: Iterable[TopicPartition]) -> None:
        if self._failures:
            for partition in partitions:
                self._failures.pop(partition, None)
            self._report_failing()

    def _report_failing(self) -> None:
        """While a partition is tried again it counts, so that an alert sees one long time."""
        self._metrics.paused.labels(self._consumer.group).set(len(self._failures))
