"""All topics of the read model, with the documents that are not about a person.

Payers, policies and messages each have one stream and one document; the sections of a person's
document are in `person_document`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal, NotRequired, TypeVar
from uuid import UUID

from vinculo.contracts import Facts, topics
from vinculo.contracts.customer_registry import PolicyPublished
from vinculo.contracts.notifications import MessageFailed, MessageQueued, MessageSent
from vinculo.contracts.payers import (
    PayerAccepted,
    PayerChanged,
    PayerProposed,
    PayerRefused,
    PayerRegistered,
    PayerReinstated,
    PayerSuspended,
)
from vinculo.messaging import ConsumedEvent
from vinculo.query_api.person_document.personal import DecryptedPart
from vinculo.query_api.person_document.schema import StreamDocument
from vinculo.query_api.person_document.sections import (
    PERSON_SOURCES,
    AnySource,
    DocumentKind,
    EventSource,
    LastEvent,
    last_event_of,
    of_any_kind,
    record_last_event,
)
from vinculo.query_api.read_model import Payer, Policy

StreamTarget = TypeVar("StreamTarget", bound=StreamDocument)


class Message(StreamDocument):
    """A message to a person, without address and text."""

    person_id: NotRequired[UUID]
    template: NotRequired[str]
    channel: NotRequired[str]
    locale: NotRequired[str]
    cause_event_id: NotRequired[UUID]
    state: NotRequired[Literal["queued", "sent", "failed"]]
    queued_at: NotRequired[datetime]
    attempts: NotRequired[int]
    sent_at: NotRequired[datetime]
    reason_code: NotRequired[str]
    failed_at: NotRequired[datetime]


def fold_payer(payer: Payer, event: Facts | None) -> None:
    """The payer as an applicant proposed it, then as operations maintain it.

    A refused proposal keeps the name that was typed in; `same_as` is the payer that it duplicates.
    """
    match event:
        case PayerProposed():
            payer["state"] = "proposed"
            payer["name"] = event.name
            payer["tax_id"] = event.tax_id
            payer["proposed_by"] = event.proposed_by
            payer["proposed_at"] = event.proposed_at
        case PayerRegistered():
            payer["state"] = "active"
            _set_details(payer, event)
            payer["registered_by"] = event.registered_by
            payer["registered_at"] = event.registered_at
        case PayerAccepted():
            payer["state"] = "active"
            _set_details(payer, event)
            payer["accepted_by"] = event.accepted_by
            payer["accepted_at"] = event.accepted_at
        case PayerRefused():
            payer["state"] = "refused"
            payer["same_as"] = event.same_as
            payer["refused_reason_code"] = event.reason_code
        case PayerChanged():
            _set_details(payer, event)
        case PayerSuspended():
            payer["state"] = "suspended"
            payer["suspended_reason_code"] = event.reason_code
        case PayerReinstated():
            payer["state"] = "active"
            payer.pop("suspended_reason_code", None)


def _set_details(payer: Payer, event: PayerRegistered | PayerAccepted | PayerChanged) -> None:
    payer["name"] = event.name
    payer["tax_id"] = event.tax_id
    payer["agreement"] = event.agreement
    payer["contact_name"] = event.contact_name
    payer["contact_phone"] = event.contact_phone
    payer["contact_email"] = event.contact_email


def fold_policy(policy: Policy, event: Facts | None) -> None:
    match event:
        case PolicyPublished():
            policy["project"] = event.project
            policy["policy"] = event.policy
            policy["policy_version"] = event.policy_version
            policy["requirements"] = [
                {
                    "code": requirement.code,
                    "title_es": requirement.title_es,
                    "title_en": requirement.title_en,
                }
                for requirement in event.requirements
            ]
            policy["published_at"] = event.published_at


def fold_message(message: Message, event: Facts | None) -> None:
    match event:
        case MessageQueued():
            message["template"] = event.template
            message["channel"] = event.channel
            message["locale"] = event.locale
            message["cause_event_id"] = event.cause_event_id
            message["state"] = "queued"
            message["queued_at"] = event.queued_at
        case MessageSent():
            message["state"] = "sent"
            message["attempts"] = event.attempts
            message["sent_at"] = event.sent_at
        case MessageFailed():
            message["state"] = "failed"
            message["attempts"] = event.attempts
            message["reason_code"] = event.reason_code
            message["failed_at"] = event.failed_at


def _own_document(
    kind: DocumentKind,
    fold_document: Callable[[StreamTarget, ConsumedEvent], None],
    *,
    in_timeline: bool,
) -> AnySource:
    """A document that belongs to one stream alone."""

    def last_version(document: StreamDocument, _stream_id: str) -> int:
        return document.get("version", 0)

    def last_event(document: StreamDocument, _stream_id: str) -> LastEvent:
        return last_event_of(document)

    def advance(
        document: StreamTarget,
        _stream_id: str,
        version: int,
        event_id: UUID | None,
        store_epoch: int | None,
    ) -> None:
        record_last_event(document, version, event_id, store_epoch)

    def fold(document: StreamTarget, received: ConsumedEvent, _decrypted: DecryptedPart) -> None:
        record_last_event(document, received.version, received.event_id, received.store_epoch)
        fold_document(document, received)

    return of_any_kind(
        EventSource(
            kind=kind,
            last_version=last_version,
            fold=fold,
            advance=advance,
            last_event=last_event,
            in_timeline=in_timeline,
        )
    )


def _fold_received_message(message: Message, received: ConsumedEvent) -> None:
    message["person_id"] = received.subject
    fold_message(message, received.payload)


def _fold_received_payer(payer: Payer, received: ConsumedEvent) -> None:
    fold_payer(payer, received.payload)


def _fold_received_policy(policy: Policy, received: ConsumedEvent) -> None:
    fold_policy(policy, received.payload)


EVENT_SOURCES: Final[Mapping[str, AnySource]] = MappingProxyType(
    {
        **{topic: of_any_kind(source) for topic, source in PERSON_SOURCES.items()},
        topics.NOTIFICATIONS_MESSAGES: _own_document(
            DocumentKind.MESSAGES, _fold_received_message, in_timeline=True
        ),
        topics.ONBOARDING_PAYERS: _own_document(
            DocumentKind.PAYERS, _fold_received_payer, in_timeline=False
        ),
        topics.CUSTOMER_REGISTRY_POLICIES: _own_document(
            DocumentKind.POLICIES, _fold_received_policy, in_timeline=False
        ),
    }
)
"""By topic, without the deployment's prefix."""
