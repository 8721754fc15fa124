"""Queueing a message: its event and its delivery, in the caller's transaction."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta
from vinculo.eventstore import EventStore, execute
from vinculo.notifications.consumers.reactions import NotificationTrigger
from vinculo.notifications.domain.message import FailureReason, Locale, Template
from vinculo.notifications.domain.message_decisions import QueueMessage, RecordFailed
from vinculo.notifications.storage.deliveries import (
    DeliveryState,
    add_delivery,
    delete_waiting,
    deliveries_of_person,
    finish,
)
from vinculo.notifications.storage.recipients import find_recipient, is_erased
from vinculo.notifications.storage.streams import message_category


class MessageQueue:
    """The caller holds the person's lock.

    `silenced` are templates that the lender does without. What happened longer than `news_for` ago
    is trigger no more: a service that begins to listen to a topic with a history writes to nobody
    about it.
    """

    def __init__(
        self,
        store: EventStore,
        *,
        clock: Callable[[], datetime],
        silenced: AbstractSet[Template],
        news_for: timedelta,
    ) -> None:
        self._store = store
        self._clock = clock
        self._silenced = silenced
        self._news_for = news_for
        self._category = message_category()

    async def announce(
        self, connection: AsyncConnection, trigger: NotificationTrigger, meta: Meta
    ) -> None:
        """Queue it, or let it wait until its recipient is known."""
        if (
            trigger.template in self._silenced
            or self._clock() - trigger.happened_at > self._news_for
        ):
            return
        recipient = await find_recipient(connection, trigger.person_id)
        if recipient is not None:
            await self._queue(connection, trigger, recipient.locale, meta)
        elif not await is_erased(connection, trigger.person_id):
            await add_delivery(connection, trigger, DeliveryState.WAITING, now=self._clock())

    async def queue_waiting(
        self, connection: AsyncConnection, person_id: UUID, locale: Locale, meta: Meta
    ) -> None:
        for delivery in await deliveries_of_person(connection, person_id, DeliveryState.WAITING):
            await self._queue(connection, delivery.trigger, locale, meta)

    async def end_all(self, connection: AsyncConnection, person_id: UUID, meta: Meta) -> None:
        """Let nothing more go to an erased person."""
        await delete_waiting(connection, person_id)
        for delivery in await deliveries_of_person(connection, person_id, DeliveryState.DUE):
            reason = FailureReason.RECIPIENT_ERASED
            await execute(
                self._store,
                self._category,
                delivery.message_id,
                RecordFailed(reason=reason, attempts=delivery.attempts, now=self._clock()),
                subject=person_id,
                meta=meta,
                connection=connection,
            )
            await finish(connection, delivery.message_id, DeliveryState.FAILED, reason)

    async def _queue(
        self, connection: AsyncConnection, trigger: NotificationTrigger, locale: Locale, meta: Meta
    ) -> None:
        now = self._clock()
        outcome = await execute(
            self._store,
            self._category,
            trigger.message_id,
            QueueMessage(
                template=trigger.template,
                locale=locale,
                cause_event_id=trigger.cause_event_id,
                now=now,
            ),
            subject=trigger.person_id,
            meta=meta,
            connection=connection,
        )
        if outcome.events:
            await add_delivery(connection, trigger, DeliveryState.DUE, now=now)
