"""What was sent to a person, and sending a message again at the request of staff."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Meta
from vinculo.eventstore import PostgresEventStore
from vinculo.notifications.application.message_queue import MessageQueue, find_recipient_of
from vinculo.notifications.domain.message import (
    ADDRESSED_BY_EVENT,
    NotificationTrigger,
    Resend,
    message_id_for,
)
from vinculo.notifications.storage.deliveries import (
    DeliveryState,
    RecordedMessage,
    count_resends,
    find_message,
    has_newer_link,
    messages_to,
)
from vinculo.notifications.storage.recipients import is_erased, lock_person

SHOWN_MESSAGES: Final = 200
RESENDS_PER_DAY: Final = 5
DAY: Final = timedelta(days=1)
HAVE_ENDED: Final = (DeliveryState.SENT, DeliveryState.FAILED)


class MessageUnknown(Exception):
    """There is no such message, or it is older than messages are kept."""


class MessageNotEnded(Exception):
    """The message was neither sent nor has it failed; it is still being attempted."""


class MessageNotRepeatable(Exception):
    """Its link or code works no more, or its address was deleted after it had been sent."""


class RecipientErased(Exception):
    """The person was erased."""


class TooManyResends(Exception):
    """The person got RESENDS_PER_DAY messages again within a day."""


class OwnMessages(Exception):
    """A member of staff may not resend messages to themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHistory:
    store: PostgresEventStore
    queue: MessageQueue
    clock: Callable[[], datetime]

    async def of(self, person_id: UUID) -> list[tuple[RecordedMessage, bool]]:
        """The newest SHOWN_MESSAGES, the newest first, and whether each can be sent again."""
        async with self.store.engine.connect() as connection:
            messages = await messages_to(connection, person_id, limit=SHOWN_MESSAGES)
            return [
                (each, each.state in HAVE_ENDED and await self._is_repeatable(connection, each))
                for each in messages
            ]

    async def resend(self, message_id: UUID, resend_id: UUID, *, by: UUID, meta: Meta) -> UUID:
        """Queue the message again, once per `resend_id`; the id of the new message.

        Raises MessageUnknown, MessageNotEnded, MessageNotRepeatable, RecipientErased,
        TooManyResends, OwnMessages.
        """
        async with self.store.transaction() as connection:
            message = await find_message(connection, message_id)
            if message is None:
                raise MessageUnknown
            before = message.delivery.trigger
            if before.person_id == by:
                raise OwnMessages
            await lock_person(connection, before.person_id)
            new_id = message_id_for(resend_id, before.template)
            if await find_message(connection, new_id) is not None:
                return new_id
            if message.state not in HAVE_ENDED:
                raise MessageNotEnded
            if await is_erased(connection, before.person_id):
                raise RecipientErased
            now = self.clock()
            since = now - DAY
            if await count_resends(connection, before.person_id, since=since) >= RESENDS_PER_DAY:
                raise TooManyResends
            trigger = replace(
                before,
                cause_event_id=resend_id,
                happened_at=now,
                resend=Resend(message_id=message_id, requested_by=by),
            )
            recipient = await find_recipient_of(connection, trigger)
            if recipient is None or not await self._is_repeatable(connection, message):
                raise MessageNotRepeatable
            await self.queue.enqueue_for(connection, trigger, recipient, meta)
            return new_id

    async def _is_repeatable(self, connection: AsyncConnection, message: RecordedMessage) -> bool:
        trigger = message.delivery.trigger
        return (
            trigger.template not in ADDRESSED_BY_EVENT
            and not self._has_expired(trigger)
            and not await has_newer_link(connection, trigger)
        )

    def _has_expired(self, trigger: NotificationTrigger) -> bool:
        return trigger.link is not None and trigger.link.expires_at <= self.clock()
