"""The projector's loop over all topics, for one generation of the read model.

All topics have equally many partitions and are assigned by range, so that everything about one
person comes to one worker. A batch is tried for all partition numbers together; after a fault each
number is tried by itself, and those that fail wait, paused, while the others go on.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord  # type: ignore[import-untyped]
from aiokafka.coordinator.assignors.range import (  # type: ignore[import-untyped]
    RangePartitionAssignor,
)
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]

from vinculo.messaging import safe_reason
from vinculo.process.crash_points import crash_point
from vinculo.query_api.projection.assignment import Assignment
from vinculo.query_api.projection.live_store import GenerationDroppedError, LiveStore
from vinculo.query_api.projection.metrics import ProjectorMetrics
from vinculo.query_api.projection.positions import PositionLostError, note_lag
from vinculo.query_api.projection.projection import Projection
from vinculo.query_api.projection.records import Reader

BATCH: Final = 2000
POLL_MS: Final = 100
LAG_EVERY_SECONDS: Final = 1.0
BACKOFF_SECONDS: Final = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
FAULT_PAUSE_SECONDS: Final = 0.5
METADATA_MAX_AGE_MS: Final = 5_000

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """`group` is the full name, prefix and generation included."""

    kafka: str
    group: str
    session_timeout_ms: int


@dataclass(slots=True)
class Waiting:
    """A partition number after a fault."""

    attempts: int = 0
    until: float = field(default=0.0)


class Projector:
    def __init__(
        self,
        generation: str,
        subscription: Subscription,
        *,
        reader: Reader,
        projection: Projection,
        store: LiveStore,
        metrics: ProjectorMetrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._generation = generation
        self._subscription = subscription
        self._reader = reader
        self._projection = projection
        self._store = store
        self._metrics = metrics
        self._clock = clock
        self._waiting: dict[int, Waiting] = {}
        self._lag_told_at = 0.0
        self.looped_at = time.monotonic()

    async def run(self) -> None:
        """Run until cancelled, or until the generation is dropped."""
        try:
            while True:
                await self._run_consumer()
        except GenerationDroppedError:
            log.info("generation dropped", generation=self._generation)
        finally:
            await self._store.close()

    async def _run_consumer(self) -> None:
        """Return when Kafka could not be reached to begin with, after a pause."""
        consumer = self._consumer()
        assignment = Assignment(consumer, self._store.positions, self._store.take_over)
        consumer.subscribe(self._reader.topics, listener=assignment)
        try:
            await _start(consumer)
            while True:
                await self._go_round(consumer, assignment)
        except KafkaError as fault:
            self.looped_at = time.monotonic()
            self._fault(fault)
            await asyncio.sleep(FAULT_PAUSE_SECONDS)
        finally:
            await consumer.stop()

    async def _go_round(self, consumer: AIOKafkaConsumer, assignment: Assignment) -> None:
        self.looped_at = time.monotonic()
        self._metrics.looped.labels(self._generation).set_to_current_time()
        try:
            await assignment.learn()
            await self._tell_lag(assignment)
            fetched = await consumer.getmany(timeout_ms=POLL_MS, max_records=BATCH)
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is tried again
            self._fault(fault)
            assignment.forget_all()
            await asyncio.sleep(FAULT_PAUSE_SECONDS)
            return
        self._resume(assignment)
        if records := assignment.unapplied(fetched):
            before = dict(assignment.applied)
            await self._apply(records, assignment)
            crash_point("projector-before-commit-offset")
            await assignment.commit(before)

    async def _apply(self, records: Sequence[ConsumerRecord], assignment: Assignment) -> None:
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
        assignment: Assignment,
        *,
        alone: bool,
    ) -> bool:
        """Whether all went well, or was dealt with because nothing smaller can be tried."""
        left = [record for record in records if assignment.is_unapplied(record)]
        try:
            await self._projection.apply(
                [self._reader.read(record) for record in left], assignment.applied
            )
        except GenerationDroppedError:
            raise
        except PositionLostError:
            assignment.forget_numbers(numbers)
            return True
        except Exception as fault:  # noqa: BLE001 - whatever it is, it is tried again
            self._fault(fault)
            if not alone:
                return False
            self._wait(numbers[0], assignment)
            return True
        for number in numbers:
            self._waiting.pop(number, None)
        return True

    def _wait(self, number: int, assignment: Assignment) -> None:
        waiting = self._waiting.setdefault(number, Waiting())
        pause = BACKOFF_SECONDS[min(waiting.attempts, len(BACKOFF_SECONDS) - 1)]
        waiting.attempts += 1
        waiting.until = time.monotonic() + pause
        assignment.pause(number)
        self._metrics.paused.labels(self._generation).set(len(self._waiting))

    def _resume(self, assignment: Assignment) -> None:
        now = time.monotonic()
        for number, waiting in self._waiting.items():
            if waiting.until <= now:
                assignment.resume(number)
        self._metrics.paused.labels(self._generation).set(len(self._waiting))

    async def _tell_lag(self, assignment: Assignment) -> None:
        now = time.monotonic()
        if now - self._lag_told_at < LAG_EVERY_SECONDS:
            return
        self._lag_told_at = now
        lags = await assignment.lags()
        await note_lag(self._store.positions, lags, self._clock())
        self._metrics.lag.labels(self._generation).set(sum(lags.values()))

    def _fault(self, fault: Exception) -> None:
        self._metrics.faults.labels(self._generation).inc()
        log.warning("projection failed", generation=self._generation, error=safe_reason(fault))

    def _consumer(self) -> AIOKafkaConsumer:
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
    """Cancelled half-way, aiokafka would leave its first connection open: let it come to an end."""
    starting = asyncio.ensure_future(consumer.start())
    try:
        await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.gather(starting, return_exceptions=True)
        raise
