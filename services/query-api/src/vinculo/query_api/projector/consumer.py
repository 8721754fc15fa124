"""The projector's consumer loop over all topics, for one generation of the read model.

All topics have the same number of partitions and are assigned by range, so that everything about
one person comes to one worker. A batch is first applied for all partition numbers together. After a
failure each number is tried alone; those that fail are paused and retried with back-off while the
others continue.

Kafka decides which partitions a worker has, MongoDB where each continues. Offsets committed to
Kafka are never read, so a read model that was dropped starts from the beginning of the log.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from aiokafka import (  # type: ignore[import-untyped]
    AIOKafkaConsumer,
    ConsumerRebalanceListener,
    ConsumerRecord,
)
from aiokafka import TopicPartition as KafkaPartition
from aiokafka.coordinator.assignors.range import (  # type: ignore[import-untyped]
    RangePartitionAssignor,
)
from aiokafka.errors import IllegalStateError, KafkaError  # type: ignore[import-untyped]

from vinculo.messaging import safe_reason
from vinculo.process import Backoff, crash_point
from vinculo.query_api.generations import Checkpoint
from vinculo.query_api.mongo import Collection
from vinculo.query_api.projector.batch_processor import BatchProcessor
from vinculo.query_api.projector.checkpoints import (
    CheckpointLostError,
    TopicPartition,
    read_checkpoints,
    record_lag,
)
from vinculo.query_api.projector.live_store import GenerationDroppedError, LiveStore
from vinculo.query_api.projector.metrics import ProjectorMetrics
from vinculo.query_api.projector.record_reader import RecordReader

MAX_BATCH_RECORDS: Final = 2000
POLL_MS: Final = 100
LAG_INTERVAL_SECONDS: Final = 1.0
PARTITION_BACKOFF: Final = Backoff(initial_seconds=0.1, max_seconds=10.0)
FAILURE_PAUSE_SECONDS: Final = 0.5
METADATA_MAX_AGE_MS: Final = 5_000

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaSubscription:
    """`group` is the full name, prefix and generation included."""

    kafka: str
    group: str
    session_timeout_ms: int


@dataclass(slots=True)
class PartitionBackoff:
    """The state of a partition number after a failure."""

    failures: int = 0
    paused_until: float = 0.0


class ProjectorConsumer:
    """`last_poll_at` is when the loop last ran, in seconds of the monotonic clock."""

    def __init__(
        self,
        generation: str,
        subscription: KafkaSubscription,
        *,
        reader: RecordReader,
        processor: BatchProcessor,
        store: LiveStore,
        metrics: ProjectorMetrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._generation = generation
        self._subscription = subscription
        self._reader = reader
        self._processor = processor
        self._store = store
        self._metrics = metrics
        self._clock = clock
        self._backoffs: dict[int, PartitionBackoff] = {}
        self._lag_reported_at = 0.0
        self.last_poll_at = time.monotonic()

    async def run(self) -> None:
        """Run until cancelled, or until the generation is dropped."""
        try:
            while True:
                await self._run_consumer()
        except GenerationDroppedError:
            log.info("generation-dropped", generation=self._generation)
        finally:
            await self._store.close()

    async def _run_consumer(self) -> None:
        """Return after a pause when Kafka cannot be reached."""
        consumer = self._new_consumer()
        assignment = PartitionAssignment(consumer, self._store.positions, self._store.fence)
        consumer.subscribe(self._reader.topics, listener=assignment)
        try:
            await _start(consumer)
            while True:
                await self._poll_once(consumer, assignment)
        except KafkaError as error:
            self.last_poll_at = time.monotonic()
            self._record_failure(error)
            await asyncio.sleep(FAILURE_PAUSE_SECONDS)
        finally:
            await consumer.stop()

    async def _poll_once(
        self, consumer: AIOKafkaConsumer, assignment: "PartitionAssignment"
    ) -> None:
        self.last_poll_at = time.monotonic()
        self._metrics.last_poll.labels(self._generation).set_to_current_time()
        try:
            await assignment.load_checkpoints()
            await self._report_lag(assignment)
            fetched = await consumer.getmany(timeout_ms=POLL_MS, max_records=MAX_BATCH_RECORDS)
        except Exception as error:  # noqa: BLE001 - every failure is retried
            self._record_failure(error)
            assignment.invalidate_all()
            await asyncio.sleep(FAILURE_PAUSE_SECONDS)
            return
        self._resume(assignment)
        if records := assignment.unapplied(fetched):
            before = dict(assignment.checkpoints)
            await self._apply(records, assignment)
            crash_point("projector-before-commit-offset")
            await assignment.commit(before)

    async def _apply(
        self, records: Sequence[ConsumerRecord], assignment: "PartitionAssignment"
    ) -> None:
        by_number: dict[int, list[ConsumerRecord]] = {}
        for record in records:
            by_number.setdefault(record.partition, []).append(record)
        if await self._try(list(by_number), records, assignment, alone=len(by_number) == 1):
            return
        for number, batch in by_number.items():
            await self._try([number], batch, assignment, alone=True)

    async def _try(
        self,
        numbers: Sequence[int],
        records: Sequence[ConsumerRecord],
        assignment: "PartitionAssignment",
        *,
        alone: bool,
    ) -> bool:
        """Whether the records were applied, or their one partition number was paused."""
        unapplied = [record for record in records if assignment.is_unapplied(record)]
        try:
            await self._processor.apply(
                [self._reader.read(record) for record in unapplied], assignment.checkpoints
            )
        except GenerationDroppedError:
            raise
        except CheckpointLostError:
            assignment.invalidate_numbers(numbers)
            return True
        except Exception as error:  # noqa: BLE001 - every failure is retried
            self._record_failure(error)
            if not alone:
                return False
            self._pause(numbers[0], assignment)
            return True
        for number in numbers:
            self._backoffs.pop(number, None)
        return True

    def _pause(self, number: int, assignment: "PartitionAssignment") -> None:
        backoff = self._backoffs.setdefault(number, PartitionBackoff())
        delay_seconds = PARTITION_BACKOFF.delay_seconds(backoff.failures)
        backoff.failures += 1
        backoff.paused_until = time.monotonic() + delay_seconds
        assignment.pause(number)
        self._metrics.paused.labels(self._generation).set(len(self._backoffs))

    def _resume(self, assignment: "PartitionAssignment") -> None:
        now = time.monotonic()
        for number, backoff in self._backoffs.items():
            if backoff.paused_until <= now:
                assignment.resume(number)
        self._metrics.paused.labels(self._generation).set(len(self._backoffs))

    async def _report_lag(self, assignment: "PartitionAssignment") -> None:
        now = time.monotonic()
        if now - self._lag_reported_at < LAG_INTERVAL_SECONDS:
            return
        self._lag_reported_at = now
        lags = await assignment.lags()
        await record_lag(self._store.positions, lags, self._clock())
        self._metrics.lag.labels(self._generation).set(sum(lags.values()))

    def _record_failure(self, error: Exception) -> None:
        self._metrics.failures.labels(self._generation).inc()
        log.warning("projection-failed", generation=self._generation, error=safe_reason(error))

    def _new_consumer(self) -> AIOKafkaConsumer:
        timeout = self._subscription.session_timeout_ms
        return AIOKafkaConsumer(
            bootstrap_servers=self._subscription.kafka,
            group_id=self._subscription.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            partition_assignment_strategy=[RangePartitionAssignor],
            session_timeout_ms=timeout,
            heartbeat_interval_ms=timeout // 3,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
        )


async def _start(consumer: AIOKafkaConsumer) -> None:
    """Start to the end even when cancelled: aiokafka would leave its first connection open."""
    starting = asyncio.ensure_future(consumer.start())
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.gather(starting, return_exceptions=True)
        raise


class PartitionAssignment(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """The topic partitions of this worker, with the checkpoint of each.

    `fence` makes this worker the owner of checkpoints.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        positions: Collection[Checkpoint],
        fence: Callable[[AbstractSet[TopicPartition]], Awaitable[None]],
    ) -> None:
        self._consumer = consumer
        self._positions = positions
        self._fence = fence
        self.checkpoints: dict[TopicPartition, int] = {}

    async def on_partitions_revoked(self, revoked: Iterable[KafkaPartition]) -> None:
        self.invalidate(TopicPartition(*each) for each in revoked)

    async def on_partitions_assigned(self, assigned: Iterable[KafkaPartition]) -> None:
        """Do nothing: checkpoints are read by the loop, which retries when MongoDB fails."""

    def invalidate(self, partitions: Iterable[TopicPartition]) -> None:
        """Have the stored checkpoints read again."""
        for each in list(partitions):
            self.checkpoints.pop(each, None)

    def invalidate_all(self) -> None:
        self.checkpoints.clear()

    def invalidate_numbers(self, numbers: Iterable[int]) -> None:
        self.invalidate(each for number in numbers for each in self._with_number(number))

    async def load_checkpoints(self) -> None:
        """Read the checkpoints of newly assigned partitions, and continue from there."""
        new = {TopicPartition(*each) for each in self._consumer.assignment()} - set(
            self.checkpoints
        )
        if not new:
            return
        await self._fence(new)
        stored = await read_checkpoints(self._positions, new)
        ends = await self._end_offsets(new)
        for each, offset in stored.items():
            if offset > ends[each]:
                log.warning("checkpoint-beyond-log", partition=each.key, offset=offset)
                await self._positions.update_one({"_id": each.key}, {"$set": {"offset": 0}})
                stored[each] = 0
        for each, offset in stored.items():
            if self._seek(each, offset):
                self.checkpoints[each] = offset

    def unapplied(
        self, fetched: Mapping[KafkaPartition, list[ConsumerRecord]]
    ) -> list[ConsumerRecord]:
        """The fetched records beyond the checkpoints, partition after partition."""
        return [
            record for batch in fetched.values() for record in batch if self.is_unapplied(record)
        ]

    def is_unapplied(self, record: ConsumerRecord) -> bool:
        """False also for a partition that was revoked, or assigned again."""
        checkpoint = self.checkpoints.get(TopicPartition(record.topic, record.partition))
        return checkpoint is not None and record.offset >= checkpoint

    def pause(self, number: int) -> None:
        """Seek all partitions of this number back to their checkpoints, and stop fetching them."""
        for each, checkpoint in self._with_number(number).items():
            if self._seek(each, checkpoint):
                self._consumer.pause(KafkaPartition(*each))

    def resume(self, number: int) -> None:
        for each in self._with_number(number):
            if KafkaPartition(*each) in self._consumer.assignment():
                self._consumer.resume(KafkaPartition(*each))

    async def commit(self, before: Mapping[TopicPartition, int]) -> None:
        """Commit moved offsets; a failure only makes the lag in Kafka wrong for a while."""
        moved = {
            KafkaPartition(*each): offset
            for each, offset in self.checkpoints.items()
            if before.get(each, offset) != offset
        }
        if not moved:
            return
        try:
            await self._consumer.commit(moved)
        except (KafkaError, IllegalStateError) as error:
            log.warning("offsets-not-committed", error=type(error).__name__)

    async def lags(self) -> dict[TopicPartition, int]:
        """Unapplied records of each partition."""
        ends = await self._end_offsets(self.checkpoints)
        return {
            each: max(0, ends[each] - checkpoint)
            for each, checkpoint in self.checkpoints.items()
            if each in ends
        }

    async def _end_offsets(self, partitions: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        requested = [KafkaPartition(*each) for each in partitions]
        ends = await self._consumer.end_offsets(requested) if requested else {}
        return {TopicPartition(*each): end for each, end in ends.items()}

    def _with_number(self, number: int) -> dict[TopicPartition, int]:
        return {e: offset for e, offset in self.checkpoints.items() if e.partition == number}

    def _seek(self, each: TopicPartition, offset: int) -> bool:
        """False when the partition was revoked meanwhile."""
        try:
            self._consumer.seek(KafkaPartition(*each), offset)
        except IllegalStateError:
            self.checkpoints.pop(each, None)
            return False
        return True
