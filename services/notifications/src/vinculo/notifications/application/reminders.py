"""The loop that reminds people who stopped on the way."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from vinculo.events import Meta
from vinculo.eventstore import PostgresEventStore
from vinculo.notifications.application.message_queue import MessageQueue
from vinculo.notifications.delivery.metrics import DeliveryMetrics
from vinculo.notifications.domain.application_progress import ApplicationProgress, reminder_due
from vinculo.notifications.domain.message import NotificationTrigger
from vinculo.notifications.storage.application_progress import (
    claim_idle,
    find_progress,
    save_progress,
)
from vinculo.notifications.storage.recipients import lock_person

AT_ONCE = 200
LEASE = timedelta(minutes=5)


class Reminders:
    """`idle_times` has one time for each reminder: the first, and the last."""

    def __init__(
        self,
        *,
        store: PostgresEventStore,
        queue: MessageQueue,
        idle_times: Sequence[timedelta],
        sweep_seconds: float,
        on_queued: Callable[[], None],
        metrics: DeliveryMetrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._queue = queue
        self._idle_times = idle_times
        self._sweep_seconds = sweep_seconds
        self._on_queued = on_queued
        self._metrics = metrics
        self._clock = clock

    async def run(self) -> None:
        while True:
            try:
                swept = await self.sweep()
            except (SQLAlchemyError, OSError) as error:
                self._metrics.errors.labels(type(error).__name__).inc()
                structlog.get_logger().error("reminding-failed", exc_info=error)
                swept = 0
            if swept < AT_ONCE:
                await asyncio.sleep(self._sweep_seconds)

    async def sweep(self) -> int:
        """Remind those whose time has come, at most `AT_ONCE`; give how many were looked at."""
        async with self._store.engine.begin() as connection:
            people = await claim_idle(
                connection,
                idle_times=self._idle_times,
                now=self._clock(),
                lease=LEASE,
                limit=AT_ONCE,
            )
        for person_id in people:
            await self._remind(person_id)
        if people:
            self._on_queued()
        return len(people)

    async def _remind(self, person_id: UUID) -> None:
        """Decide again under the lock: the person may have gone on since."""
        async with self._store.transaction() as connection:
            await lock_person(connection, person_id)
            progress = await find_progress(connection, person_id)
            if progress is None:
                return
            trigger = self._trigger_for(progress)
            if trigger is None:
                return
            meta = Meta(causation_id=progress.last_event_id)
            await self._queue.enqueue(connection, trigger, meta)
            await save_progress(connection, progress.with_reminder())

    def _trigger_for(self, progress: ApplicationProgress) -> NotificationTrigger | None:
        now = self._clock()
        template = reminder_due(progress, self._idle_times, now)
        if template is None:
            return None
        return NotificationTrigger(
            template=template,
            person_id=progress.person_id,
            cause_event_id=progress.last_event_id,
            happened_at=now,
            facts={"next_step": progress.next_step.value},
        )
