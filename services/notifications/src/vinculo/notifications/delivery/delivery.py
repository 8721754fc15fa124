"""One attempt to deliver one message, from the claimed row to its recorded outcome."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.events import Erased, Meta
from vinculo.eventstore import PostgresEventStore, execute
from vinculo.notifications.application.contacts import MessageBuilder
from vinculo.notifications.delivery.metrics import DeliveryMetrics
from vinculo.notifications.delivery.smtp import UnusableAddress
from vinculo.notifications.delivery.transports import (
    Email,
    MailTransport,
    PermanentFailure,
    ShortMessage,
    SmsTransport,
    TransientFailure,
)
from vinculo.notifications.domain.application_progress import REMINDERS
from vinculo.notifications.domain.message import FailureReason, NotificationTrigger
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
    reschedule,
)
from vinculo.notifications.storage.recipients import find_recipient
from vinculo.notifications.storage.streams import message_category
from vinculo.process import crash_point

MOST_DOUBLINGS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Waits double from `first_wait` up to `longest_wait`, with jitter of a quarter either way."""

    first_wait: timedelta
    longest_wait: timedelta
    max_attempts: int

    def wait_after(self, attempts: int) -> timedelta:
        growth = float(2 ** min(attempts - 1, MOST_DOUBLINGS))
        wait = min(self.first_wait * growth, self.longest_wait)
        return wait * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, guards nothing

    def is_over(self, attempts: int) -> bool:
        return attempts >= self.max_attempts


class MessageDelivery:
    def __init__(
        self,
        *,
        store: PostgresEventStore,
        composer: MessageBuilder,
        mail: MailTransport,
        sms: SmsTransport,
        pace: Pace,
        metrics: DeliveryMetrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._composer = composer
        self._mail = mail
        self._sms = sms
        self._pace = pace
        self._metrics = metrics
        self._clock = clock
        self._category = message_category()

    async def deliver(self, delivery: Delivery) -> None:
        """Send, or give up for good, or put off; raises only for faults of our own.

        A crash after sending and before recording sends again, with the same `Message-ID`.
        """
        prepared = await self._prepare(delivery)
        if isinstance(prepared, FailureReason):
            await self._give_up(delivery, prepared)
            return
        answers = self._metrics.answers_of(delivery.trigger.template)
        try:
            await self._send(prepared)
        except PermanentFailure as refused:
            answers.set(1)
            await self._give_up(delivery, refused.reason)
        except TransientFailure:
            answers.set(0)
            await self._put_off(delivery)
        else:
            answers.set(1)
            crash_point("notifications-after-send")
            await self._record_sent(delivery)

    async def put_off_after_fault(self, delivery: Delivery) -> None:
        """Try again later without counting the attempt: no server ever saw it."""
        await self._try_again(delivery, attempts=delivery.attempts - 1)

    async def _send(self, prepared: Email | ShortMessage) -> None:
        match prepared:
            case Email():
                await self._mail.send(prepared)
            case ShortMessage():
                await self._sms.send(prepared)

    async def _prepare(self, delivery: Delivery) -> Email | ShortMessage | FailureReason:
        trigger = delivery.trigger
        if trigger.link is not None and trigger.link.expires_at <= self._clock():
            return FailureReason.LINK_EXPIRED
        async with self._store.engine.connect() as connection:
            if await has_newer_link(connection, trigger):
                return FailureReason.LINK_SUPERSEDED
            if await _has_gone_on(connection, trigger):
                return FailureReason.NO_LONGER_NEEDED
            recipient = await find_recipient(connection, trigger.person_id)
        if recipient is None:
            return FailureReason.RECIPIENT_ERASED
        try:
            composed = await self._composer.compose(delivery.message_id, trigger, recipient)
        except UnusableAddress:
            return FailureReason.ADDRESS_REFUSED
        return FailureReason.RECIPIENT_ERASED if isinstance(composed, Erased) else composed

    async def _record_sent(self, delivery: Delivery) -> None:
        command = RecordSent(attempts=delivery.attempts, now=self._clock())
        await self._record(delivery, command, DeliveryState.SENT)
        self._metrics.sent.labels(delivery.trigger.template.value).inc()

    async def _give_up(self, delivery: Delivery, reason: FailureReason) -> None:
        command = RecordFailed(reason=reason, attempts=delivery.attempts, now=self._clock())
        await self._record(delivery, command, DeliveryState.FAILED, reason)
        self._metrics.failed.labels(delivery.trigger.template.value, reason.value).inc()

    async def _put_off(self, delivery: Delivery) -> None:
        if self._pace.is_over(delivery.attempts):
            await self._give_up(delivery, FailureReason.ATTEMPTS_EXHAUSTED)
            return
        await self._try_again(delivery, attempts=delivery.attempts)
        self._metrics.retried.labels(delivery.trigger.template.value).inc()

    async def _try_again(self, delivery: Delivery, *, attempts: int) -> None:
        at = self._clock() + self._pace.wait_after(delivery.attempts)
        async with self._store.engine.begin() as connection:
            await reschedule(connection, delivery.message_id, at=at, attempts=attempts)

    async def _record(
        self,
        delivery: Delivery,
        command: MessageCommand,
        state: DeliveryState,
        reason: FailureReason | None = None,
    ) -> None:
        async def end_delivery(connection: AsyncConnection, _outcome: Any) -> None:  # noqa: ANN401
            await finish(connection, delivery.message_id, state, reason)

        await execute(
            self._store,
            self._category,
            delivery.message_id,
            command,
            subject=delivery.trigger.person_id,
            meta=Meta(causation_id=delivery.trigger.cause_event_id),
            on_appended=end_delivery,
        )


async def _has_gone_on(connection: AsyncConnection, trigger: NotificationTrigger) -> bool:
    """Tell whether someone to be reminded has done something since, or no longer may."""
    if trigger.template not in REMINDERS:
        return False
    progress = await find_progress(connection, trigger.person_id)
    return (
        progress is None
        or progress.is_over
        or progress.is_halted
        or progress.last_event_id != trigger.cause_event_id
    )
