"""One attempt to deliver one message: build it, hand it to a transport, record the outcome."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import ERASED, Erased, Meta
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.notifications.application.contacts import ContactReader
from vinculo.notifications.application.message_queue import find_recipient_of
from vinculo.notifications.delivery.metrics import DeliveryMetrics
from vinculo.notifications.delivery.smtp import UnusableAddress, mime_message, usable_address
from vinculo.notifications.delivery.transports import (
    Email,
    EmailTransport,
    PermanentFailure,
    ShortMessage,
    SmsTransport,
    TransientFailure,
)
from vinculo.notifications.domain.application_progress import REMINDERS
from vinculo.notifications.domain.message import (
    Channel,
    FailureReason,
    NotificationTrigger,
    channel_of,
)
from vinculo.notifications.domain.message_decisions import (
    MessageCommand,
    RecordFailed,
    RecordSent,
)
from vinculo.notifications.rendering.context import ContextBuilder
from vinculo.notifications.rendering.render import Renderer
from vinculo.notifications.storage.application_progress import find_progress
from vinculo.notifications.storage.deliveries import (
    Delivery,
    DeliveryState,
    finish,
    has_newer_link,
    reschedule,
)
from vinculo.notifications.storage.recipients import Recipient
from vinculo.notifications.storage.streams import message_category
from vinculo.notifications.storage.submission_contacts import open_submissions
from vinculo.process import Backoff, crash_point

SEVERAL: Final = 2


class MessageBuilder:
    """Makes the e-mail or short message from a trigger, its recipient and a template.

    `sender` is the `From` of e-mails, an address with or without a name.
    """

    def __init__(
        self,
        *,
        contacts: ContactReader,
        contexts: ContextBuilder,
        renderer: Renderer,
        sender: str,
        clock: Callable[[], datetime],
        smtputf8: bool = False,
    ) -> None:
        self._smtputf8 = smtputf8
        self._contacts = contacts
        self._contexts = contexts
        self._renderer = renderer
        self._sender = sender
        self._clock = clock

    async def build(
        self, message_id: UUID, trigger: NotificationTrigger, recipient: Recipient
    ) -> Email | ShortMessage | Erased:
        """Raise UnusableAddress for an invalid e-mail address, KeyMissing for a lost key."""
        details = await self._contacts.read(trigger, recipient)
        if isinstance(details, Erased):
            return ERASED
        template, language = trigger.template, recipient.locale
        context = self._contexts.context(
            trigger,
            given_names=details.given_names,
            reviewer_note=details.reviewer_note,
            language=language,
        )
        if channel_of(template) is Channel.SMS:
            text = self._renderer.sms(template, context, language)
            return ShortMessage(phone=details.address, text=text, message_id=message_id)
        address = usable_address(details.address, smtputf8=self._smtputf8)
        message = mime_message(
            self._renderer.email(template, context, language),
            message_id=message_id,
            sender=self._sender,
            to=address,
            language=language,
            now=self._clock(),
            smtputf8=self._smtputf8,
        )
        return Email(address=address, message=message)


class MessageDelivery:
    """A message fails after `max_attempts` attempts that did not reach a server."""

    def __init__(
        self,
        *,
        store: PostgresEventStore,
        builder: MessageBuilder,
        email: EmailTransport,
        sms: SmsTransport,
        backoff: Backoff,
        max_attempts: int,
        metrics: DeliveryMetrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._builder = builder
        self._email = email
        self._sms = sms
        self._backoff = backoff
        self._max_attempts = max_attempts
        self._metrics = metrics
        self._clock = clock
        self._category = message_category()

    async def deliver(self, delivery: Delivery) -> None:
        """Send the message, or fail it, or schedule a retry; raises for internal errors only.

        A crash between sending and recording sends the message again, under the same id.
        """
        if await self._is_recipient_undecided(delivery.trigger):
            await self.postpone(delivery)
            return
        message = await self._build(delivery)
        if isinstance(message, FailureReason):
            await self._fail(delivery, message)
            return
        server_up = self._metrics.server_up(channel_of(delivery.trigger.template))
        try:
            await self._send(message)
        except PermanentFailure as failure:
            server_up.set(1)
            await self._fail(delivery, failure.reason)
        except TransientFailure:
            server_up.set(0)
            await self._retry(delivery)
        else:
            server_up.set(1)
            crash_point("notifications-after-send")
            await self._record_sent(delivery)

    async def postpone(self, delivery: Delivery) -> None:
        """Try again later without counting the attempt: it failed before it reached a server."""
        await self._reschedule(delivery, attempts=delivery.attempts - 1)

    async def _is_recipient_undecided(self, trigger: NotificationTrigger) -> bool:
        """Whether several submissions are open, and the message is about none of them.

        It is about the activated one, whose activation arrives on another topic.
        """
        if trigger.submission_id is not None:
            return False
        async with self._store.engine.connect() as connection:
            if len(await open_submissions(connection, trigger.person_id)) < SEVERAL:
                return False
            progress = await find_progress(connection, trigger.person_id)
        return progress is None or not progress.is_activated

    async def _build(self, delivery: Delivery) -> Email | ShortMessage | FailureReason:
        trigger = delivery.trigger
        if trigger.link is not None and trigger.link.expires_at <= self._clock():
            return FailureReason.LINK_EXPIRED
        async with self._store.engine.connect() as connection:
            if await has_newer_link(connection, trigger):
                return FailureReason.LINK_SUPERSEDED
            if await _is_outdated_reminder(connection, trigger):
                return FailureReason.NO_LONGER_NEEDED
            recipient = await find_recipient_of(connection, trigger)
        if recipient is None:
            if trigger.submission_id is not None:
                return FailureReason.NO_LONGER_NEEDED
            return FailureReason.RECIPIENT_ERASED
        try:
            message = await self._builder.build(delivery.message_id, trigger, recipient)
        except UnusableAddress:
            return FailureReason.ADDRESS_REFUSED
        return FailureReason.RECIPIENT_ERASED if isinstance(message, Erased) else message

    async def _send(self, message: Email | ShortMessage) -> None:
        match message:
            case Email():
                await self._email.send(message)
            case ShortMessage():
                await self._sms.send(message)

    async def _record_sent(self, delivery: Delivery) -> None:
        command = RecordSent(attempts=delivery.attempts, now=self._clock())
        await self._record(delivery, command, DeliveryState.SENT)
        self._metrics.sent.labels(delivery.trigger.template.value).inc()

    async def _fail(self, delivery: Delivery, reason: FailureReason) -> None:
        command = RecordFailed(reason=reason, attempts=delivery.attempts, now=self._clock())
        await self._record(delivery, command, DeliveryState.FAILED, reason)
        self._metrics.failed.labels(delivery.trigger.template.value, reason.value).inc()

    async def _retry(self, delivery: Delivery) -> None:
        if delivery.attempts >= self._max_attempts:
            await self._fail(delivery, FailureReason.ATTEMPTS_EXHAUSTED)
            return
        await self._reschedule(delivery, attempts=delivery.attempts)
        self._metrics.retried.labels(delivery.trigger.template.value).inc()

    async def _reschedule(self, delivery: Delivery, *, attempts: int) -> None:
        delay = self._backoff.delay_seconds(delivery.attempts - 1)
        at = self._clock() + timedelta(seconds=delay)
        async with self._store.engine.begin() as connection:
            await reschedule(connection, delivery.message_id, at=at, attempts=attempts)

    async def _record(
        self,
        delivery: Delivery,
        command: MessageCommand,
        state: DeliveryState,
        reason: FailureReason | None = None,
    ) -> None:
        async def finish_delivery(connection: AsyncConnection, _result: object) -> None:
            await finish(connection, delivery.message_id, state, reason)

        await execute(
            self._store,
            self._category,
            delivery.message_id,
            command,
            subject=delivery.trigger.person_id,
            meta=Meta(causation_id=delivery.trigger.cause_event_id),
            on_appended=finish_delivery,
        )


async def _is_outdated_reminder(connection: AsyncConnection, trigger: NotificationTrigger) -> bool:
    """Whether the person has continued since the reminder, or may not continue any more."""
    if trigger.template not in REMINDERS:
        return False
    progress = await find_progress(connection, trigger.person_id)
    return (
        progress is None
        or progress.is_over
        or progress.is_halted
        or progress.last_event_id != trigger.cause_event_id
    )
