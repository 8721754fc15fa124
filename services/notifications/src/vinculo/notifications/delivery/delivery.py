"""One attempt to deliver a message: build it, hand it to a transport, record the outcome."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Erased, Meta
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.notifications.application.message_queue import find_recipient_of
from vinculo.notifications.delivery.budgets import RecipientBudgets
from vinculo.notifications.delivery.message_builder import AddressedMessage, MessageBuilder
from vinculo.notifications.delivery.metrics import DeliveryMetrics
from vinculo.notifications.delivery.smtp import UnusableAddress
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
    FailureReason,
    NotificationTrigger,
    channel_of,
)
from vinculo.notifications.domain.message_decisions import (
    MessageCommand,
    RecordFailed,
    RecordSent,
)
from vinculo.notifications.storage.application_progress import find_progress
from vinculo.notifications.storage.deliveries import (
    Delivery,
    DeliveryState,
    finish,
    has_newer_link,
    release,
    reschedule,
)
from vinculo.notifications.storage.streams import message_category
from vinculo.notifications.storage.submission_contacts import open_submissions
from vinculo.process import Backoff, crash_point

SEVERAL: Final = 2


class MessageDelivery:
    """A message fails after `max_attempts` attempts that did not reach a server."""

    def __init__(
        self,
        *,
        store: PostgresEventStore,
        builder: MessageBuilder,
        budgets: RecipientBudgets,
        email: EmailTransport,
        sms: SmsTransport,
        backoff: Backoff,
        max_attempts: int,
        metrics: DeliveryMetrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._builder = builder
        self._budgets = budgets
        self._email = email
        self._sms = sms
        self._backoff = backoff
        self._max_attempts = max_attempts
        self._metrics = metrics
        self._clock = clock
        self._category = message_category()

    async def deliver(self, delivery: Delivery) -> None:
        """Send the message, or hold it, or fail it, or schedule a retry.

        Messages to the same address that were held until now are sent together with it. Raises for
        internal errors only. A crash between sending and recording sends the message again, under
        the same id.
        """
        if await self._is_recipient_undecided(delivery.trigger):
            await self.postpone(delivery)
            return
        addressed = await self._address(delivery)
        if isinstance(addressed, FailureReason):
            await self._fail(delivery, addressed)
            return
        held = await self._budgets.admit(delivery, addressed.address)
        if held is None:
            return
        collected = await self._collect(held, addressed.address)
        others = [each for each, _ in collected]
        message = self._builder.compose([addressed, *(each for _, each in collected)])
        server_up = self._metrics.server_up(channel_of(delivery.trigger.template))
        try:
            await self._send(message)
        except PermanentFailure as failure:
            server_up.set(1)
            for each in (*others, delivery):
                await self._fail(each, failure.reason)
        except TransientFailure:
            server_up.set(0)
            await self._retry(delivery)
        else:
            server_up.set(1)
            crash_point("notifications-after-send")
            for each in others:
                await self._record_sent(each, collected_in=delivery.message_id)
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

    async def _collect(
        self, held: Sequence[Delivery], address: str
    ) -> list[tuple[Delivery, AddressedMessage]]:
        """Those that can be sent to the address; one whose address was corrected is released."""
        collected = []
        for each in held:
            addressed = await self._address(each)
            if isinstance(addressed, FailureReason):
                await self._fail(each, addressed)
            elif addressed.address.casefold() != address.casefold():
                async with self._store.engine.begin() as connection:
                    await release(connection, each, now=self._clock())
            else:
                collected.append((each, addressed))
        return collected

    async def _address(self, delivery: Delivery) -> AddressedMessage | FailureReason:
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
            addressed = await self._builder.address(delivery.message_id, trigger, recipient)
        except UnusableAddress:
            return FailureReason.ADDRESS_REFUSED
        return FailureReason.RECIPIENT_ERASED if isinstance(addressed, Erased) else addressed

    async def _send(self, message: Email | ShortMessage) -> None:
        match message:
            case Email():
                await self._email.send(message)
            case ShortMessage():
                await self._sms.send(message)

    async def _record_sent(self, delivery: Delivery, *, collected_in: UUID | None = None) -> None:
        command = RecordSent(
            attempts=delivery.attempts, now=self._clock(), collected_in=collected_in
        )
        await self._record(delivery, command, DeliveryState.SENT)
        self._metrics.sent.labels(delivery.trigger.template.value).inc()

    async def _fail(self, delivery: Delivery, reason: FailureReason) -> None:
        trigger = delivery.trigger
        command = RecordFailed(
            reason=reason,
            attempts=delivery.attempts,
            now=self._clock(),
            submission_id=trigger.submission_id,
            link_id=None if trigger.link is None else trigger.link.link_id,
        )
        await self._record(delivery, command, DeliveryState.FAILED, reason)
        self._metrics.failed.labels(trigger.template.value, reason.value).inc()

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
            await finish(connection, delivery.message_id, state, reason, at=self._clock())

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
