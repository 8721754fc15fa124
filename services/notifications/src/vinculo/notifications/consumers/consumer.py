"""From an event to what is kept of it, in the transaction that also advances the consumer's guard.

That is a queued message, a contact, how far the application has come.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.contracts import parser, topics
from vinculo.contracts.accounts import (
    ContactChanged,
    ContactKind,
    EmailCorrected,
    IdentityCorrected,
)
from vinculo.contracts.customer_registry import RecordErased
from vinculo.contracts.envelope import Envelope, Facts
from vinculo.contracts.onboarding import ApplicationStarted
from vinculo.events import Meta
from vinculo.eventstore import StoredEvent
from vinculo.messaging import (
    Apply,
    ConsumedEvent,
    Consumer,
    PoisonMessage,
    Record,
    TopicSource,
    cloud_events,
)
from vinculo.notifications.application.message_queue import MessageQueue
from vinculo.notifications.consumers.reactions import trigger_of
from vinculo.notifications.domain.application_progress import ApplicationProgress, progress_after
from vinculo.notifications.domain.message import Locale
from vinculo.notifications.storage.application_progress import (
    delete_progress,
    find_progress,
    save_progress,
)
from vinculo.notifications.storage.recipients import (
    Recipient,
    ReplaceablePart,
    StoredEnvelope,
    erase_recipient,
    is_erased,
    lock_person,
    save_recipient,
    save_replaced_part,
)
from vinculo.privacy import KeyRing


def event_handler(queue: MessageQueue, keyring: KeyRing, *, queued: Callable[[], None]) -> Apply:
    """Give what a consumer applies; `queued` is called when something may have become due."""
    announcing = _EventHandler(queue, keyring)

    async def apply(connection: AsyncConnection, batch: Sequence[ConsumedEvent]) -> None:
        for received in batch:
            await announcing.apply(connection, received)
        queued()

    return apply


class _EventHandler:
    def __init__(self, queue: MessageQueue, keyring: KeyRing) -> None:
        self._queue = queue
        self._keyring = keyring

    async def apply(self, connection: AsyncConnection, received: ConsumedEvent) -> None:
        event, person_id = received.payload, received.subject
        if isinstance(event, RecordErased):
            await lock_person(connection, person_id)
            await self._forget(connection, received, event)
            return
        trigger = trigger_of(event, event_id=received.event_id, person_id=person_id)
        if trigger is not None and trigger.lacks_its_address:
            raise PoisonMessage(f"{received.type} without the personal part that holds the contact")
        if (
            trigger is None
            and replaced_part(event) is None
            and not affects_progress(event, received)
        ):
            return
        await lock_person(connection, person_id)
        if await is_erased(connection, person_id):
            return
        await self._keep_contacts(connection, received)
        await self._keep_progress(connection, received)
        if trigger is not None:
            await self._queue.announce(connection, trigger, meta_caused_by(received))

    async def _keep_contacts(self, connection: AsyncConnection, received: ConsumedEvent) -> None:
        event = received.payload
        if isinstance(event, ApplicationStarted):
            recipient = Recipient(
                person_id=received.subject,
                locale=_locale(event.locale),
                registered=_sealed(event.personal, received),
            )
            await save_recipient(connection, recipient)
            await self._queue.queue_waiting(
                connection, received.subject, recipient.locale, meta_caused_by(received)
            )
        elif (part := replaced_part(event)) is not None:
            sealed = _sealed(event.personal, received)
            await save_replaced_part(connection, received.subject, part, sealed)

    async def _keep_progress(self, connection: AsyncConnection, received: ConsumedEvent) -> None:
        known = await find_progress(connection, received.subject) or _unknown(received)
        progress = progress_after(received.payload, known)
        if progress is None:
            return
        if received.time >= known.last_event_at:
            progress = replace(
                progress, last_event_id=received.event_id, last_event_at=received.time
            )
        await save_progress(connection, progress)

    async def _forget(
        self, connection: AsyncConnection, received: ConsumedEvent, erased: RecordErased
    ) -> None:
        person_id = received.subject
        self._keyring.forget(person_id)
        await erase_recipient(connection, person_id, erased_at=erased.erased_at)
        await delete_progress(connection, person_id)
        await self._queue.end_all(connection, person_id, meta_caused_by(received))


def replaced_part(event: Facts | None) -> ReplaceablePart | None:
    """Tell which part of what is known of a person the event's sealed part replaces."""
    match event:
        case EmailCorrected():
            return ReplaceablePart.EMAIL
        case ContactChanged(kind=ContactKind.EMAIL):
            return ReplaceablePart.EMAIL
        case ContactChanged(kind=ContactKind.PHONE):
            return ReplaceablePart.PHONE
        case IdentityCorrected():
            return ReplaceablePart.IDENTITY
        case _:
            return None


def affects_progress(event: Facts | None, received: ConsumedEvent) -> bool:
    return progress_after(event, _unknown(received)) is not None


def meta_caused_by(received: ConsumedEvent) -> Meta:
    return Meta(
        correlation_id=received.meta.correlation_id,
        causation_id=received.event_id,
        traceparent=received.meta.traceparent,
    )


def _unknown(received: ConsumedEvent) -> ApplicationProgress:
    return ApplicationProgress(
        person_id=received.subject,
        last_event_id=received.event_id,
        last_event_at=received.time,
    )


def _sealed(personal: Envelope | None, received: ConsumedEvent) -> StoredEnvelope:
    if personal is None:
        raise PoisonMessage(f"{received.type} without the personal part that holds the contacts")
    return StoredEnvelope(envelope=personal.model_dump(), event_id=received.event_id)


def _locale(locale: str) -> Locale:
    """Write in Spanish to whoever chose a language that there are no words in."""
    return Locale(locale) if locale in set(Locale) else Locale.SPANISH


SERVICE = "notifications"
LISTENS_TO = (
    topics.ONBOARDING_APPLICATIONS,
    topics.DOCUMENTS_DOSSIERS,
    topics.CUSTOMER_REGISTRY_CUSTOMERS,
)


def notifications_consumer(
    engine: AsyncEngine,
    apply: Apply,
    *,
    kafka: str,
    topic_prefix: str,
    session_timeout_ms: int,
) -> Consumer:
    return Consumer(
        group=f"{topic_prefix}{SERVICE}",
        sources=[TopicSource(f"{topic_prefix}{topic}", parser(topic)) for topic in LISTENS_TO],
        engine=engine,
        apply=apply,
        kafka=kafka,
        session_timeout_ms=session_timeout_ms,
    )


def message_records(topic_prefix: str) -> Callable[[StoredEvent], Record]:
    return cloud_events(SERVICE, {"message": topics.NOTIFICATIONS_MESSAGES}, topic_prefix)
