"""From an event to a queued message, in the transaction that also advances the consumer's guard."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.contracts.customer_registry import RecordErased
from vinculo.contracts.onboarding import ApplicationStarted
from vinculo.eventstore import EventStore, Meta, execute
from vinculo.messaging import Broken, Received
from vinculo.notifications.deliveries import (
    DeliveryState,
    add_delivery,
    drop_waiting,
    end,
    of_person,
)
from vinculo.notifications.domain.message import Channel, FailureReason, Locale
from vinculo.notifications.domain.message_decisions import QueueMessage, RecordFailed
from vinculo.notifications.reactions import Occasion, occasion
from vinculo.notifications.recipients import (
    Recipient,
    erase_recipient,
    find_recipient,
    is_erased,
    keep_recipient,
    lock_person,
)
from vinculo.notifications.streams import message_category
from vinculo.privacy import KeyRing

Clock = Callable[[], datetime]
Apply = Callable[[AsyncConnection, Sequence[Received]], Awaitable[None]]


def announcer(
    store: EventStore, keyring: KeyRing, *, clock: Clock, queued: Callable[[], None]
) -> Apply:
    """Give what a consumer applies; `queued` is called when something may have become due."""
    announcing = _Announcing(store, keyring, clock)

    async def apply(connection: AsyncConnection, batch: Sequence[Received]) -> None:
        for received in batch:
            await announcing.apply(connection, received)
        queued()

    return apply


class _Announcing:
    def __init__(self, store: EventStore, keyring: KeyRing, clock: Clock) -> None:
        self._store = store
        self._keyring = keyring
        self._clock = clock
        self._category = message_category()

    async def apply(self, connection: AsyncConnection, received: Received) -> None:
        event, person_id = received.payload, received.subject
        told = occasion(event, event_id=received.event_id, person_id=person_id)
        if isinstance(event, ApplicationStarted):
            await lock_person(connection, person_id)
            await self._meet(connection, received, event)
        elif isinstance(event, RecordErased):
            await lock_person(connection, person_id)
            await self._forget(connection, received, event)
        elif told is not None:
            await lock_person(connection, person_id)
            await self._announce(connection, told, meta_after(received))

    async def _meet(
        self, connection: AsyncConnection, received: Received, started: ApplicationStarted
    ) -> None:
        if started.personal is None:
            raise Broken("application-started without the personal part that holds the contacts")
        if await is_erased(connection, received.subject):
            return
        recipient = Recipient(
            person_id=received.subject,
            locale=_locale(started.locale),
            envelope=started.personal.model_dump(),
            envelope_event_id=received.event_id,
        )
        await keep_recipient(connection, recipient)
        for delivery in await of_person(connection, received.subject, DeliveryState.WAITING):
            await self._queue(connection, delivery.occasion, recipient.locale, meta_after(received))

    async def _announce(self, connection: AsyncConnection, told: Occasion, meta: Meta) -> None:
        recipient = await find_recipient(connection, told.person_id)
        if recipient is not None:
            await self._queue(connection, told, recipient.locale, meta)
        elif not await is_erased(connection, told.person_id):
            await add_delivery(connection, told, DeliveryState.WAITING, now=self._clock())

    async def _queue(
        self, connection: AsyncConnection, told: Occasion, locale: Locale, meta: Meta
    ) -> None:
        now = self._clock()
        outcome = await execute(
            self._store,
            self._category,
            told.message_id,
            QueueMessage(
                template=told.template,
                channel=Channel.EMAIL,
                locale=locale,
                cause_event_id=told.cause_event_id,
                now=now,
            ),
            subject=told.person_id,
            meta=meta,
            connection=connection,
        )
        if outcome.events:
            await add_delivery(connection, told, DeliveryState.DUE, now=now)

    async def _forget(
        self, connection: AsyncConnection, received: Received, erased: RecordErased
    ) -> None:
        person_id = received.subject
        self._keyring.forget(person_id)
        await erase_recipient(connection, person_id, erased_at=erased.erased_at)
        await drop_waiting(connection, person_id)
        for delivery in await of_person(connection, person_id, DeliveryState.DUE):
            await execute(
                self._store,
                self._category,
                delivery.message_id,
                RecordFailed(
                    reason=FailureReason.RECIPIENT_ERASED,
                    attempts=delivery.attempts,
                    now=self._clock(),
                ),
                subject=person_id,
                meta=meta_after(received),
                connection=connection,
            )
            await end(
                connection,
                delivery.message_id,
                DeliveryState.FAILED,
                FailureReason.RECIPIENT_ERASED,
            )


def meta_after(received: Received) -> Meta:
    return Meta(
        correlation_id=received.meta.correlation_id,
        causation_id=received.event_id,
        traceparent=received.meta.traceparent,
    )


def _locale(locale: str) -> Locale:
    """Write in Spanish to whoever chose a language that there are no words in."""
    return Locale(locale) if locale in set(Locale) else Locale.SPANISH
