"""Queues messages: an event in the message's stream and a row for delivery, in one transaction."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta
from vinculo.eventstore import EventStore, execute
from vinculo.notifications.domain.message import (
    LOCALE_FACT,
    TO_STAFF,
    FailureReason,
    NotificationTrigger,
    Template,
)
from vinculo.notifications.domain.message_decisions import QueueMessage, RecordFailed
from vinculo.notifications.storage.deliveries import (
    DeliveryState,
    add_delivery,
    delete_waiting,
    deliveries_of_person,
    finish,
)
from vinculo.notifications.storage.recipients import (
    Recipient,
    StoredEnvelope,
    find_recipient,
    is_erased,
)
from vinculo.notifications.storage.streams import message_category
from vinculo.notifications.storage.submission_contacts import find_submission_contact


async def find_recipient_of(
    connection: AsyncConnection, trigger: NotificationTrigger
) -> Recipient | None:
    """The submission's contact for a message about a submission, else the person's.

    A member of staff is known by the trigger alone, until the message has ended.
    """
    if trigger.template in TO_STAFF:
        return _staff_recipient(trigger)
    if trigger.submission_id is None:
        return await find_recipient(connection, trigger.person_id)
    return await find_submission_contact(connection, trigger.person_id, trigger.submission_id)


def _staff_recipient(trigger: NotificationTrigger) -> Recipient | None:
    if trigger.envelope is None:
        return None
    envelope = StoredEnvelope(content=dict(trigger.envelope), event_id=trigger.cause_event_id)
    return Recipient(
        person_id=trigger.person_id, locale=trigger.facts[LOCALE_FACT], registered=envelope
    )


class MessageQueue:
    """All methods run in the caller's transaction, which holds the person's lock.

    Nothing is queued for `disabled_templates`, nor for events older than `max_age`: a service that
    subscribes to a topic with a history must not write to people about the past.
    """

    def __init__(
        self,
        store: EventStore,
        *,
        clock: Callable[[], datetime],
        disabled_templates: AbstractSet[Template],
        max_age: timedelta,
    ) -> None:
        self._store = store
        self._clock = clock
        self._disabled_templates = disabled_templates
        self._max_age = max_age
        self._category = message_category()

    async def enqueue(
        self, connection: AsyncConnection, trigger: NotificationTrigger, meta: Meta
    ) -> None:
        """Queue a message; it waits as long as its recipient is unknown.

        A message about a submission that has ended is not queued.
        """
        if trigger.template in self._disabled_templates:
            return
        if self._clock() - trigger.happened_at > self._max_age:
            return
        recipient = await find_recipient_of(connection, trigger)
        if recipient is not None:
            await self.enqueue_for(connection, trigger, recipient, meta)
        elif trigger.submission_id is None and not await is_erased(connection, trigger.person_id):
            await add_delivery(connection, trigger, DeliveryState.WAITING, now=self._clock())

    async def enqueue_waiting(
        self, connection: AsyncConnection, recipient: Recipient, meta: Meta
    ) -> None:
        """Queue the messages that waited for this recipient."""
        waiting = await deliveries_of_person(connection, recipient.person_id, DeliveryState.WAITING)
        for delivery in waiting:
            await self.enqueue_for(connection, delivery.trigger, recipient, meta)

    async def fail_all(self, connection: AsyncConnection, person_id: UUID, meta: Meta) -> None:
        """Fail all unsent messages to an erased person."""
        await delete_waiting(connection, person_id)
        unsent = await deliveries_of_person(
            connection, person_id, DeliveryState.DUE, DeliveryState.HELD
        )
        for delivery in unsent:
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
            await finish(
                connection, delivery.message_id, DeliveryState.FAILED, reason, at=self._clock()
            )

    async def enqueue_for(
        self,
        connection: AsyncConnection,
        trigger: NotificationTrigger,
        recipient: Recipient,
        meta: Meta,
    ) -> None:
        """Queue a message to this recipient, once per cause and template."""
        now = self._clock()
        result = await execute(
            self._store,
            self._category,
            trigger.message_id,
            QueueMessage(
                template=trigger.template,
                locale=recipient.locale,
                cause_event_id=trigger.cause_event_id,
                now=now,
                resend=trigger.resend,
            ),
            subject=trigger.person_id,
            meta=meta,
            connection=connection,
        )
        if result.events:
            await add_delivery(connection, trigger, DeliveryState.DUE, now=now)
