"""Applies events of other services: stores contacts and progress, and queues messages.

Everything is written in the transaction that also advances the consumer's checkpoint.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.contracts import event_types, parser, topics, types_of
from vinculo.contracts.customer_registry import RecordErased
from vinculo.contracts.document_claims import DocumentClaimOpened
from vinculo.contracts.envelope import Envelope
from vinculo.contracts.onboarding import (
    ActivationLinkIssued,
    ApplicationStarted,
    EmailCorrected,
    EmailVerified,
    EmailVerifiedV2,
    SubmissionDropped,
    SubmissionReceived,
)
from vinculo.events import Meta
from vinculo.messaging import (
    Apply,
    ConsumedEvent,
    Consumer,
    PoisonMessage,
    PostgresCheckpoints,
    TopicSource,
)
from vinculo.notifications.application.message_queue import MessageQueue
from vinculo.notifications.consumers.reactions import (
    RELEVANT_EVENTS,
    person_of,
    progress_after,
    replaced_part,
    trigger_of,
)
from vinculo.notifications.domain.application_progress import ApplicationProgress
from vinculo.notifications.domain.message import LOCALE_FACT, NotificationTrigger
from vinculo.notifications.storage.application_progress import (
    delete_progress,
    find_progress,
    save_progress,
)
from vinculo.notifications.storage.recipients import (
    Recipient,
    StoredEnvelope,
    delete_replaced_parts,
    erase_recipient,
    is_erased,
    lock_person,
    save_recipient,
    save_replaced_part,
)
from vinculo.notifications.storage.streams import SERVICE
from vinculo.notifications.storage.submission_contacts import (
    delete_submission_contacts,
    find_submission_contact,
    identify_first_submission,
    save_corrected_email,
    save_submission_contact,
)
from vinculo.privacy import KeyRing
from vinculo.translation import DEFAULT_LANGUAGE, Language

SUBSCRIBED_TOPICS: Final = (
    topics.ONBOARDING_APPLICATIONS,
    topics.ONBOARDING_DOCUMENT_CLAIMS,
    topics.ONBOARDING_STAFF,
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
    group = f"{topic_prefix}{SERVICE}"
    return Consumer(
        group=group,
        sources=[
            TopicSource(
                f"{topic_prefix}{topic}",
                parser(topic),
                known_types=event_types(topic),
                relevant_types=types_of(topic, RELEVANT_EVENTS),
            )
            for topic in SUBSCRIBED_TOPICS
        ],
        checkpoints=PostgresCheckpoints(engine, group, apply),
        kafka=kafka,
        session_timeout_ms=session_timeout_ms,
    )


class EventHandler:
    """`languages` are those that messages exist in; other people get the default one.

    `on_queued` is called after a batch in which a message may have become due.
    """

    def __init__(
        self,
        queue: MessageQueue,
        keyring: KeyRing,
        *,
        languages: Collection[Language],
        on_queued: Callable[[], None],
    ) -> None:
        self._queue = queue
        self._keyring = keyring
        self._languages = languages
        self._on_queued = on_queued

    async def apply(self, connection: AsyncConnection, batch: Sequence[ConsumedEvent]) -> None:
        """Raise PoisonMessage for an event without the contact that it is about."""
        may_be_due = [await self._apply(connection, event) for event in batch]
        if any(may_be_due):
            self._on_queued()

    async def _apply(self, connection: AsyncConnection, received: ConsumedEvent) -> bool:
        """Whether a message may have become due."""
        event = received.payload
        person_id = person_of(event, received.subject)
        if isinstance(event, RecordErased):
            await self._erase(connection, received, event)
            return False
        if isinstance(event, SubmissionDropped):
            await self._drop_submission(connection, person_id, event)
            return False
        trigger = trigger_of(event, event_id=received.event_id, person_id=person_id)
        if trigger is not None and trigger.missing_contact:
            raise PoisonMessage(f"{received.type} without the personal part that holds the contact")
        is_progress = progress_after(event, _initial_progress(received)) is not None
        has_contact = isinstance(event, EmailCorrected) or replaced_part(event) is not None
        if trigger is None and not has_contact and not is_progress:
            return False
        await lock_person(connection, person_id)
        if await is_erased(connection, person_id):
            return False
        await self._save_contacts(connection, received)
        await self._save_progress(connection, received)
        if trigger is not None:
            message = self._in_known_language(trigger)
            await self._queue.enqueue(connection, message, _caused_by(received))
        return trigger is not None or isinstance(event, ApplicationStarted)

    def _in_known_language(self, trigger: NotificationTrigger) -> NotificationTrigger:
        locale = trigger.facts.get(LOCALE_FACT, DEFAULT_LANGUAGE)
        if locale in self._languages:
            return trigger
        return replace(trigger, facts={**trigger.facts, LOCALE_FACT: DEFAULT_LANGUAGE})

    async def _save_contacts(self, connection: AsyncConnection, received: ConsumedEvent) -> None:
        """Of each submission until one is activated, and from then on of the person."""
        event, person_id = received.payload, received.subject
        match event:
            case ApplicationStarted():
                recipient = self._recipient(event, received)
                await save_submission_contact(
                    connection, event.registration_id, recipient, received_at=event.started_at
                )
                await save_recipient(connection, recipient)
                await self._queue.enqueue_waiting(connection, recipient, _caused_by(received))
            case SubmissionReceived():
                recipient = self._recipient(event, received)
                await save_submission_contact(
                    connection, event.submission_id, recipient, received_at=event.received_at
                )
            case DocumentClaimOpened():
                recipient = self._recipient(event, received)
                await save_submission_contact(
                    connection, event.submission_id, recipient, received_at=event.opened_at
                )
            case EmailVerifiedV2():
                await delete_replaced_parts(connection, person_id)
                await save_recipient(connection, self._recipient(event, received))
                await delete_submission_contacts(connection, person_id)
            case EmailVerified():
                await delete_submission_contacts(connection, person_id)
            case ActivationLinkIssued(submission_id=UUID() as submission_id):
                await identify_first_submission(connection, person_id, submission_id)
            case EmailCorrected():
                await self._correct_email(connection, received, event)
            case _:
                await self._save_replaced_part(connection, received)

    def _recipient(
        self,
        event: ApplicationStarted | SubmissionReceived | EmailVerifiedV2 | DocumentClaimOpened,
        received: ConsumedEvent,
    ) -> Recipient:
        return Recipient(
            person_id=received.subject,
            locale=event.locale if event.locale in self._languages else DEFAULT_LANGUAGE,
            registered=_envelope(event.personal, received),
            project=None if isinstance(event, DocumentClaimOpened) else event.project,
        )

    async def _correct_email(
        self, connection: AsyncConnection, received: ConsumedEvent, event: EmailCorrected
    ) -> None:
        person_id, envelope = received.subject, _envelope(event.personal, received)
        if event.submission_id is not None:
            await identify_first_submission(connection, person_id, event.submission_id)
        await save_corrected_email(connection, person_id, event.submission_id, envelope)
        await self._save_replaced_part(connection, received)

    async def _save_replaced_part(
        self, connection: AsyncConnection, received: ConsumedEvent
    ) -> None:
        event = received.payload
        if (part := replaced_part(event)) is not None:
            envelope = _envelope(event.personal, received)
            await save_replaced_part(connection, received.subject, part, envelope)

    async def _save_progress(self, connection: AsyncConnection, received: ConsumedEvent) -> None:
        known = await find_progress(connection, received.subject)
        progress = progress_after(received.payload, known or _initial_progress(received))
        if progress is not None:
            progress = progress.with_event(received.event_id, received.time)
            await save_progress(connection, progress)

    async def _drop_submission(
        self, connection: AsyncConnection, person_id: UUID, dropped: SubmissionDropped
    ) -> None:
        """Its unsent messages fail when they are due, because their contact is gone."""
        await lock_person(connection, person_id)
        contact = await find_submission_contact(connection, person_id, dropped.submission_id)
        if contact is not None:
            self._keyring.forget(UUID(contact.registered.content["kid"]))
        await delete_submission_contacts(connection, person_id, dropped.submission_id)

    async def _erase(
        self, connection: AsyncConnection, received: ConsumedEvent, erased: RecordErased
    ) -> None:
        person_id = received.subject
        await lock_person(connection, person_id)
        self._keyring.forget(person_id)
        await erase_recipient(connection, person_id, erased_at=erased.erased_at)
        await delete_submission_contacts(connection, person_id)
        await delete_progress(connection, person_id)
        await self._queue.fail_all(connection, person_id, _caused_by(received))


def _caused_by(received: ConsumedEvent) -> Meta:
    return Meta(
        correlation_id=received.meta.correlation_id,
        causation_id=received.event_id,
        traceparent=received.meta.traceparent,
    )


def _initial_progress(received: ConsumedEvent) -> ApplicationProgress:
    return ApplicationProgress(
        person_id=received.subject,
        last_event_id=received.event_id,
        last_event_at=received.time,
    )


def _envelope(personal: Envelope | None, received: ConsumedEvent) -> StoredEnvelope:
    if personal is None:
        raise PoisonMessage(f"{received.type} without the personal part that holds the contacts")
    return StoredEnvelope(content=personal.model_dump(), event_id=received.event_id)
