"""Reminds people who stopped before their application was complete."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from vinculo.events import Meta
from vinculo.eventstore import PostgresEventStore
from vinculo.notifications.application.message_queue import MessageQueue
from vinculo.notifications.domain.application_progress import ApplicationProgress, reminder_due
from vinculo.notifications.domain.message import SUBMISSION_FACT, NotificationTrigger
from vinculo.notifications.storage.application_progress import (
    claim_idle,
    find_progress,
    save_progress,
)
from vinculo.notifications.storage.recipients import lock_person
from vinculo.notifications.storage.submission_contacts import open_submissions

BATCH: Final = 200
LEASE: Final = timedelta(minutes=5)


class Reminders:
    """`idle_times` has one time for each reminder: the first and the last.

    People are claimed with a lease, so several workers share the work. `on_queued` is called when
    messages may have become due.
    """

    def __init__(
        self,
        *,
        store: PostgresEventStore,
        queue: MessageQueue,
        idle_times: Sequence[timedelta],
        on_queued: Callable[[], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._queue = queue
        self._idle_times = idle_times
        self._on_queued = on_queued
        self._clock = clock

    async def queue_all_due(self) -> None:
        while await self.queue_batch() == BATCH:
            pass

    async def queue_batch(self) -> int:
        """Queue the due reminders of at most `BATCH` people; the number of people claimed."""
        async with self._store.engine.begin() as connection:
            people = await claim_idle(
                connection,
                idle_times=self._idle_times,
                now=self._clock(),
                lease=LEASE,
                limit=BATCH,
            )
        for person_id in people:
            await self._remind(person_id)
        if people:
            self._on_queued()
        return len(people)

    async def _remind(self, person_id: UUID) -> None:
        """Decide again under the lock: the person may have continued since the claim."""
        async with self._store.transaction() as connection:
            await lock_person(connection, person_id)
            progress = await find_progress(connection, person_id)
            submissions = await open_submissions(connection, person_id)
            trigger = None if progress is None else self._trigger(progress, submissions)
            if progress is None or trigger is None:
                return
            meta = Meta(causation_id=progress.last_event_id)
            await self._queue.enqueue(connection, trigger, meta)
            await save_progress(connection, progress.with_reminder())

    def _trigger(
        self, progress: ApplicationProgress, submissions: Sequence[UUID]
    ) -> NotificationTrigger | None:
        """To the newest submission until one is activated."""
        now = self._clock()
        template = reminder_due(progress, self._idle_times, now)
        if template is None:
            return None
        facts = {"next_step": progress.next_step.value}
        if submissions and not progress.is_activated:
            facts[SUBMISSION_FACT] = str(submissions[0])
        return NotificationTrigger(
            template=template,
            person_id=progress.person_id,
            cause_event_id=progress.last_event_id,
            happened_at=now,
            facts=facts,
        )
