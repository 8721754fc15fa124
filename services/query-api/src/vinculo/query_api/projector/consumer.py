"""The projector's consumer loop over all topics, for one generation of the read model.

All topics have the same number of partitions and are assigned by range, so that everything about
one person comes to one worker. A batch is first applied for all partition numbers together. After a
failure that is no record's the failing number is paused and retried with back-off, and each other
number is tried alone.

Kafka decides which partitions a worker has, MongoDB where each continues. Offsets committed to
Kafka are never read, so a read model that was dropped starts from the beginning of the log.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
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

from vinculo.messaging import (
    Consumer,
    DeadLetterSink,
    DecidedRecord,
    LetterKey,
    PartitionProcessor,
    QuarantineRetries,
    StalledPartitions,
    missing_records,
    no_stray_cancellation,
    safe_reason,
    started,
)
from vinculo.process import Backoff, crash_point
from vinculo.query_api.generations import Checkpoint
from vinculo.query_api.mongo import Collection
from vinculo.query_api.projector.checkpoints import (
    CheckpointLostError,
    TopicPartition,
    last_record,
    read_checkpoints,
)
from vinculo.query_api.projector.live_store import GenerationDroppedError, LiveStore
from vinculo.query_api.projector.metrics import ProjectorMetrics

MAX_BATCH_RECORDS: Final = 2000
POLL_SECONDS: Final = 5.0
"""How long the loop waits for records; a rebalance or the end of a pause ends the wait."""
PARTITION_BACKOFF: Final = Backoff(initial_seconds=0.1, max_seconds=10.0)
FAILURE_PAUSE_SECONDS: Final = 0.5
METADATA_MAX_AGE_MS: Final = 5_000

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """What a projector needs. `group` is the full name, prefix and generation included.

    `offsets` are the checkpoints of the partitions that it has. `consumer` applies and moves them;
    `replaying` replays dead letters beside it. `stores` are those of the two.
    """

    generation: str
    group: str
    consumer: Consumer
    offsets: dict[TopicPartition, int]
    replaying: Consumer
    dead_letters: DeadLetterSink
    stores: tuple[LiveStore, LiveStore]
    read_discarded: Callable[[], Awaitable[frozenset[LetterKey]]]


@dataclass(slots=True)
class PartitionBackoff:
    """The state of a partition number from a failure until its records are applied.

    `paused_until` is in seconds of the monotonic clock, and None while the number is tried again.
    """

    failures: int = 0
    paused_until: float | None = None


class ProjectorConsumer:
    """`last_poll_at` is when the loop last ran, in seconds of the monotonic clock."""

    def __init__(
        self,
        projection: Projection,
        *,
        metrics: ProjectorMetrics,
        retry_seconds: float,
        stalled_after_seconds: float,
    ) -> None:
        self._projection = projection
        self._generation = projection.generation
        self._consumer = projection.consumer
        self._store = projection.stores[0]
        self._metrics = metrics
        metrics.start_counting(self._generation)
        self._retries = QuarantineRetries(projection.replaying, retry_seconds)
        self._stalls = StalledPartitions(
            projection.group, stalled_after_seconds, metrics.stalled.labels(self._generation)
        )
        self._processor = PartitionProcessor(
            self._consumer.checkpoints,
            projection.dead_letters,
            max_tries=self._consumer.max_tries,
            max_batch_records=MAX_BATCH_RECORDS,
            on_decided=self._on_decided,
        )
        self._backoffs: dict[int, PartitionBackoff] = {}
        self.last_poll_at = time.monotonic()

    async def run(self) -> None:
        """Run until cancelled, or until the generation is dropped."""
        beside = [asyncio.create_task(each.run()) for each in (self._retries, self._stalls)]
        try:
            while True:
                await self._run_consumer()
        except GenerationDroppedError:
            log.info("generation-dropped", generation=self._generation)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            for store in self._projection.stores:
                await store.close()

    async def _run_consumer(self) -> None:
        """Return after a pause when Kafka cannot be reached."""
        consumer = self._new_consumer()
        assignment = PartitionAssignment(
            consumer,
            self._consumer.kafka,
            self._projection.offsets,
            self._store.positions,
            self._store.fence,
        )
        topics = sorted(source.topic for source in self._consumer.sources)
        consumer.subscribe(topics, listener=assignment)
        try:
            with no_stray_cancellation():
                async with started(consumer):
                    while True:
                        await self._poll_once(consumer, assignment)
        except KafkaError as error:
            self.last_poll_at = time.monotonic()
            self._record_failure(error)
            await asyncio.sleep(FAILURE_PAUSE_SECONDS)

    async def _poll_once(
        self, consumer: AIOKafkaConsumer, assignment: "PartitionAssignment"
    ) -> None:
        self.last_poll_at = time.monotonic()
        self._metrics.last_poll.labels(self._generation).set_to_current_time()
        self._stalls.polled(consumer)
        try:
            if await assignment.load_checkpoints():
                self._stalls.moved()
                discarded = await self._projection.read_discarded()
                self._consumer = replace(self._consumer, discarded=discarded)
            fetched = await self._fetch(consumer, assignment)
        except Exception as error:  # noqa: BLE001 - every failure is retried
            self._record_failure(error)
            assignment.invalidate_all()
            await asyncio.sleep(FAILURE_PAUSE_SECONDS)
            return
        self._resume(assignment)
        assignment.invalidate_recreated()
        if records := assignment.unapplied(fetched):
            before = dict(assignment.checkpoints)
            await self._apply(records, assignment)
            crash_point("projector-before-commit-offset")
            await assignment.commit(before)
        self._metrics.lag.labels(self._generation).set(assignment.lag())

    async def _fetch(
        self, consumer: AIOKafkaConsumer, assignment: "PartitionAssignment"
    ) -> Mapping[KafkaPartition, list[ConsumerRecord]]:
        """Records as soon as there are any; none after a rebalance or at the end of a pause."""
        fetching = asyncio.ensure_future(
            consumer.getmany(timeout_ms=int(POLL_SECONDS * 1000), max_records=MAX_BATCH_RECORDS)
        )
        changed = asyncio.ensure_future(assignment.changed.wait())
        now = time.monotonic()
        pauses = [
            each.paused_until - now
            for each in self._backoffs.values()
            if each.paused_until is not None
        ]
        try:
            await asyncio.wait(
                [fetching, changed],
                timeout=max(0.0, min([POLL_SECONDS, *pauses])),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for task in (fetching, changed):
                task.cancel()
        await asyncio.wait([fetching, changed])
        assignment.changed.clear()
        fetched: Mapping[KafkaPartition, list[ConsumerRecord]] = (
            {} if fetching.cancelled() else fetching.result()
        )
        return fetched

    def _on_decided(self, decided: Sequence[DecidedRecord]) -> None:
        self._metrics.count(self._generation, decided)
        self._retries.observe(decided)
        self._stalls.processed(each.record.record for each in decided)

    async def _apply(
        self, records: Sequence[ConsumerRecord], assignment: "PartitionAssignment"
    ) -> None:
        failed = await self._try(records, assignment)
        if failed is None:
            return
        by_number: dict[int, list[ConsumerRecord]] = {}
        for record in records:
            by_number.setdefault(record.partition, []).append(record)
        for number, batch in by_number.items():
            if number != failed:
                await self._try(batch, assignment)

    async def _try(
        self, records: Sequence[ConsumerRecord], assignment: "PartitionAssignment"
    ) -> int | None:
        """The number of a partition that failed, which is paused then; None if none did."""
        self.last_poll_at = time.monotonic()
        unapplied = [record for record in records if assignment.is_unapplied(record)]
        numbers = {record.partition for record in unapplied}
        self._stalls.received(unapplied)
        decoded = [self._consumer.decode(record) for record in unapplied]
        progress = await self._processor.run(decoded)
        if progress.next is None:
            for number in numbers:
                self._backoffs.pop(number, None)
            return None
        if isinstance(progress.fault, GenerationDroppedError):
            raise progress.fault
        if isinstance(progress.fault, CheckpointLostError):
            assignment.invalidate_numbers(numbers)
            return None
        failed: int = progress.next.partition
        self._record_failure(progress.fault)
        self._pause(failed, assignment)
        return failed

    def _pause(self, number: int, assignment: "PartitionAssignment") -> None:
        backoff = self._backoffs.setdefault(number, PartitionBackoff())
        delay_seconds = PARTITION_BACKOFF.delay_seconds(backoff.failures)
        backoff.failures += 1
        backoff.paused_until = time.monotonic() + delay_seconds
        assignment.pause(number)
        self._metrics.paused.labels(self._generation).set(len(self._backoffs))

    def _resume(self, assignment: "PartitionAssignment") -> None:
        """Resume numbers after their pauses, and forget those that other workers have now."""
        for number in self._backoffs.keys() - assignment.numbers():
            del self._backoffs[number]
        now = time.monotonic()
        for number, backoff in self._backoffs.items():
            if backoff.paused_until is not None and backoff.paused_until <= now:
                assignment.resume(number)
                backoff.paused_until = None
        self._metrics.paused.labels(self._generation).set(len(self._backoffs))

    def _record_failure(self, error: Exception | None) -> None:
        self._metrics.failures.labels(self._generation).inc()
        reason = "" if error is None else safe_reason(error)
        log.warning("projection-failed", generation=self._generation, error=reason)

    def _new_consumer(self) -> AIOKafkaConsumer:
        timeout = self._consumer.session_timeout_ms
        return AIOKafkaConsumer(
            bootstrap_servers=self._consumer.kafka,
            group_id=self._projection.group,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            partition_assignment_strategy=[RangePartitionAssignor],
            session_timeout_ms=timeout,
            heartbeat_interval_ms=timeout // 3,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
        )


class PartitionAssignment(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """The topic partitions of this worker, with the checkpoint of each.

    `fence` makes this worker the owner of checkpoints.
    """

    def __init__(
        self,
        consumer: AIOKafkaConsumer,
        kafka: str,
        checkpoints: dict[TopicPartition, int],
        positions: Collection[Checkpoint],
        fence: Callable[[AbstractSet[TopicPartition]], Awaitable[None]],
    ) -> None:
        self._consumer = consumer
        self._kafka = kafka
        self._positions = positions
        self._fence = fence
        self.checkpoints = checkpoints
        self.checkpoints.clear()
        self.changed = asyncio.Event()

    async def on_partitions_revoked(self, revoked: Iterable[KafkaPartition]) -> None:
        self.invalidate(TopicPartition(*each) for each in revoked)

    async def on_partitions_assigned(self, _assigned: Iterable[KafkaPartition]) -> None:
        """Wake the loop, which reads checkpoints, and retries when MongoDB fails."""
        self.changed.set()

    def numbers(self) -> AbstractSet[int]:
        """The assigned partition numbers."""
        return {each.partition for each in self._consumer.assignment()}

    def invalidate(self, partitions: Iterable[TopicPartition]) -> None:
        """Have the stored checkpoints read again."""
        for each in list(partitions):
            self.checkpoints.pop(each, None)

    def invalidate_all(self) -> None:
        self.checkpoints.clear()

    def invalidate_numbers(self, numbers: Iterable[int]) -> None:
        self.invalidate(each for number in numbers for each in self._with_number(number))

    async def load_checkpoints(self) -> bool:
        """Read the checkpoints of newly assigned partitions, and continue from there.

        False when no partition is new.
        """
        new = {TopicPartition(*each) for each in self._consumer.assignment()} - set(
            self.checkpoints
        )
        if not new:
            return False
        await self._fence(new)
        stored = await read_checkpoints(self._positions, new)
        offsets = {each: int(checkpoint["offset"]) for each, checkpoint in stored.items()}
        for each in await self._recreated(stored):
            log.warning("topic-recreated", partition=each.key, offset=offsets[each])
            await self._positions.update_one(
                {"_id": each.key}, {"$set": {"offset": 0}, "$unset": {"event_key": ""}}
            )
            offsets[each] = 0
        for each, offset in offsets.items():
            if self._seek(each, offset):
                self.checkpoints[each] = offset
        return True

    async def _recreated(
        self, stored: Mapping[TopicPartition, Checkpoint]
    ) -> AbstractSet[TopicPartition]:
        """The partitions that do not have the record before their checkpoint."""
        ends = await self._end_offsets(stored)
        beyond = {each for each, checkpoint in stored.items() if checkpoint["offset"] > ends[each]}
        last = [last_record(checkpoint) for checkpoint in stored.values()]
        missing = await missing_records(self._kafka, [each for each in last if each is not None])
        return beyond | {TopicPartition(each.topic, each.partition) for each in missing}

    def invalidate_recreated(self) -> None:
        """Have checkpoints read again that are beyond the last known end of their topic."""
        ends = {each: self._consumer.highwater(KafkaPartition(*each)) for each in self._assigned()}
        self.invalidate(
            each for each, end in ends.items() if end is not None and end < self.checkpoints[each]
        )

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

    def lag(self) -> int:
        """The number of unapplied records, by the ends that came with the last records."""
        ends = {each: self._consumer.highwater(KafkaPartition(*each)) for each in self._assigned()}
        return sum(max(0, (end or 0) - self.checkpoints[each]) for each, end in ends.items())

    def _assigned(self) -> list[TopicPartition]:
        """Those of the checkpoints that were not revoked meanwhile."""
        return [
            each
            for each in self.checkpoints
            if KafkaPartition(*each) in self._consumer.assignment()
        ]

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
