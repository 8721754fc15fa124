"""Which events are told to the person, and by which message."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from vinculo.contracts.accounts import (
    ContactChanged,
    ContactChangeRequested,
    ContactKind,
    IdentityCorrected,
    IdentityCorrectionRefused,
    PasswordChanged,
    PasswordResetRequested,
    PhoneCodeIssued,
)
from vinculo.contracts.customer_registry import PreCustomerPromoted
from vinculo.contracts.documents import DocumentDemanded, DocumentFailedScreening, DocumentRejected
from vinculo.contracts.envelope import Envelope, Facts
from vinculo.contracts.onboarding import ActivationLinkIssued, EmailVerified, RegistrationRepeated
from vinculo.notifications.domain.message import Template, message_id_for

ADDRESSED_BY_EVENT = frozenset(
    {
        Template.CONTACT_CHANGE,
        Template.CONTACT_CHANGED,
        Template.PHONE_CHANGE_CODE,
        Template.PHONE_CHANGED,
    }
)
"""These go where the sealed part of their own event says, not to the contact in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link or a code to be told. Its token is in no event: it is derived when it is sent."""

    link_id: UUID
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationTrigger:
    """One event that one person is told of once.

    `facts` are codes that the words are made of; `sealed` is the event's own personal part.
    """

    template: Template
    person_id: UUID
    cause_event_id: UUID
    happened_at: datetime
    link: Link | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    sealed: Mapping[str, Any] | None = None

    @property
    def message_id(self) -> UUID:
        return message_id_for(self.cause_event_id, self.template)

    @property
    def lacks_its_address(self) -> bool:
        return self.template in ADDRESSED_BY_EVENT and self.sealed is None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trigger:
    template: Template
    at: datetime
    link: Link | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    personal: Envelope | None = None


def trigger_of(
    event: Facts | None, *, event_id: UUID, person_id: UUID
) -> NotificationTrigger | None:
    """Give what the event is an trigger for; None for all that is not told by message."""
    told = _of_step(event) or _of_account(event)
    if told is None:
        return None
    return NotificationTrigger(
        template=told.template,
        person_id=person_id,
        cause_event_id=event_id,
        happened_at=told.at,
        link=told.link,
        facts=told.facts,
        sealed=None if told.personal is None else told.personal.model_dump(),
    )


def _of_step(event: Facts | None) -> _Trigger | None:
    match event:
        case ActivationLinkIssued(link_id=link_id, issued_at=at, expires_at=until):
            link = Link(link_id=link_id, issued_at=at, expires_at=until)
            return _Trigger(template=Template.ACTIVATION, at=at, link=link)
        case RegistrationRepeated(repeated_at=at):
            return _Trigger(template=Template.OWNER_WARNED, at=at)
        case EmailVerified(verified_at=at):
            return _Trigger(template=Template.WELCOME, at=at)
        case PreCustomerPromoted(promoted_at=at):
            return _Trigger(template=Template.PROMOTED, at=at)
        case DocumentFailedScreening(kind=kind, reason_code=reason, failed_at=at):
            facts = {"document_kind": kind, "reason_code": reason}
            return _Trigger(template=Template.DOCUMENT_UNUSABLE, at=at, facts=facts)
        case DocumentRejected(kind=kind, reason_code=reason, rejected_at=at, personal=note):
            facts = {"document_kind": kind, "reason_code": reason}
            return _Trigger(template=Template.DOCUMENT_REJECTED, at=at, facts=facts, personal=note)
        case DocumentDemanded(kind=kind, demanded_at=at, personal=note):
            facts = {"document_kind": kind}
            return _Trigger(template=Template.DOCUMENT_DEMANDED, at=at, facts=facts, personal=note)
        case _:
            return None


def _of_account(event: Facts | None) -> _Trigger | None:
    match event:
        case PasswordResetRequested(link_id=link_id, requested_at=at, expires_at=until):
            link = Link(link_id=link_id, issued_at=at, expires_at=until)
            return _Trigger(template=Template.PASSWORD_RESET, at=at, link=link)
        case PasswordChanged(changed_at=at):
            return _Trigger(template=Template.PASSWORD_CHANGED, at=at)
        case PhoneCodeIssued(code_id=code_id, issued_at=at, expires_at=until):
            link = Link(link_id=code_id, issued_at=at, expires_at=until)
            return _Trigger(template=Template.PHONE_CODE, at=at, link=link)
        case ContactChangeRequested(change_id=change_id, requested_at=at, expires_at=until):
            is_phone = event.kind == ContactKind.PHONE
            template = Template.PHONE_CHANGE_CODE if is_phone else Template.CONTACT_CHANGE
            link = Link(link_id=change_id, issued_at=at, expires_at=until)
            return _Trigger(template=template, at=at, link=link, personal=event.personal)
        case ContactChanged(kind=kind, changed_at=at, personal=replaced):
            is_phone = kind == ContactKind.PHONE
            template = Template.PHONE_CHANGED if is_phone else Template.CONTACT_CHANGED
            return _Trigger(template=template, at=at, personal=replaced)
        case IdentityCorrected(corrected_at=at):
            return _Trigger(template=Template.IDENTITY_CORRECTED, at=at)
        case IdentityCorrectionRefused(refused_at=at, reason_code=reason, personal=note):
            facts = {"reason_code": reason}
            return _Trigger(template=Template.CORRECTION_REFUSED, at=at, facts=facts, personal=note)
        case _:
            return None
