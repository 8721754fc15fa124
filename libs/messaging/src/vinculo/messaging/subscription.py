"""What a batch goes through: work on its partitions, commit, and a pause where there is a fault."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from aiokafka import ConsumerRecord, TopicPartition  # type: ignore[import-untyped]
from aiokafka.errors import (  # type: ignore[import-untyped]
    IllegalStateError,
    KafkaError,
)

from vinculo.messaging.consumer import Consumer
from vinculo.messaging.error_summaries import safe_reason
from vinculo.messaging.metrics import ConsumerMetrics
from vinculo.messaging.partition_processor import BatchProgress, PartitionProcessor
from vinculo.process import crash_point

PARTITIONS_AT_ONCE = 4
BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)

log = structlog.get_logger()


class Subscription:
    """Spreads a batch over its partitions, commits what is done and pauses what has a fault."""

    def __init__(
        self, consumer: Consumer, work: PartitionProcessor, metrics: ConsumerMetrics
    ) -> None:
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
    ) -> BatchProgress:
        """Let no exception out: FastStream would swallow it, and the next commit pass the batch."""
        source = self._consumer.source_of(partition.topic)
        if source is None:
            return BatchProgress(records[0].offset, LookupError(partition.topic))
        async with self._at_once:
            try:
                return await self._work.run(records, source)
            except Exception as fault:  # noqa: BLE001 - whatever it is, the records are tried again
                return BatchProgress(records[0].offset, fault)

    async def _commit(self, kafka: Any, offsets: Mapping[TopicPartition, int]) -> None:  # noqa: ANN401 - aiokafka is untyped
        """After a rebalance another owns the partition and reads again; the guards know it all."""
        if not offsets:
            return
        try:
            await kafka.commit(dict(offsets))
        except (KafkaError, OSError) as error:
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
        """Stop fetching the partition for a while; the poll, and so the membership, goes on."""
        failures = self._failures[partition]
        self._failures[partition] += 1
        delay = delay_seconds(failures)
        self._metrics.faults.labels(self._consumer.group, partition.topic).inc()
        log.warning(
            "partition-paused",
            consumer=self._consumer.group,
            topic=partition.topic,
            partition=partition.partition,
            offset=offset,
            error=safe_reason(fault),
            in_seconds=round(delay, 2),
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


def delay_seconds(failures: int) -> float:
    seconds = BACKOFF_SECONDS[min(failures, len(BACKOFF_SECONDS) - 1)]
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311 - only to keep workers apart
