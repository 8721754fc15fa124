"""What an event of another service means here: a message, a new contact, progress. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from vinculo.contracts.customer_registry import (
    PreCustomerActivated,
    PreCustomerPromoted,
    RecordBlocked,
    RecordDisabled,
    RecordEnabled,
    RecordErased,
    RecordSetPending,
    RecordUnblocked,
)
from vinculo.contracts.document_claims import (
    DocumentClaimExpired,
    DocumentClaimGranted,
    DocumentClaimOpened,
    DocumentClaimRefused,
)
from vinculo.contracts.documents import (
    DocumentDemanded,
    DocumentFailedScreening,
    DocumentReceived,
    DocumentRejected,
)
from vinculo.contracts.envelope import Envelope, Facts
from vinculo.contracts.onboarding import (
    ActivationLinkIssued,
    ApplicationCompleted,
    ApplicationStarted,
    ContactChanged,
    ContactChangeRequested,
    ContactKind,
    DocumentsProvided,
    DocumentsReopened,
    EmailCorrected,
    EmailVerified,
    EmploymentDeclared,
    IdentityCorrected,
    IdentityCorrectionRefused,
    PasswordChanged,
    PasswordResetRequested,
    PhoneCodeIssued,
    PhoneVerified,
    RegistrationRepeated,
    SubmissionDropped,
    SubmissionReceived,
)
from vinculo.contracts.staff import (
    StaffInvited,
    StaffPasswordChanged,
    StaffPasswordResetRequested,
)
from vinculo.notifications.domain.application_progress import ApplicationProgress
from vinculo.notifications.domain.message import (
    LOCALE_FACT,
    SUBMISSION_FACT,
    Link,
    NotificationTrigger,
    Template,
)
from vinculo.notifications.storage.recipients import ReplaceablePart

RELEVANT_EVENTS: Final = (
    ActivationLinkIssued,
    ApplicationCompleted,
    ApplicationStarted,
    ContactChanged,
    ContactChangeRequested,
    DocumentClaimExpired,
    DocumentClaimGranted,
    DocumentClaimOpened,
    DocumentClaimRefused,
    DocumentDemanded,
    DocumentFailedScreening,
    DocumentReceived,
    DocumentRejected,
    DocumentsProvided,
    DocumentsReopened,
    EmailCorrected,
    EmailVerified,
    EmploymentDeclared,
    IdentityCorrected,
    IdentityCorrectionRefused,
    PasswordChanged,
    PasswordResetRequested,
    PhoneCodeIssued,
    PhoneVerified,
    PreCustomerActivated,
    PreCustomerPromoted,
    RecordBlocked,
    RecordDisabled,
    RecordEnabled,
    RecordErased,
    RecordSetPending,
    RecordUnblocked,
    RegistrationRepeated,
    StaffInvited,
    StaffPasswordChanged,
    StaffPasswordResetRequested,
    SubmissionDropped,
    SubmissionReceived,
)
"""Events without a reaction are not decoded."""


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
    """The message that the event triggers; None for an event without a message."""
    trigger = (
        _trigger_of_registration(event)
        or _trigger_of_account(event)
        or _trigger_of_claim(event)
        or _trigger_of_staff(event)
    )
    if trigger is None:
        return None
    return NotificationTrigger(
        template=trigger.template,
        person_id=person_id,
        cause_event_id=event_id,
        happened_at=trigger.at,
        link=trigger.link,
        facts=trigger.facts,
        envelope=None if trigger.personal is None else trigger.personal.model_dump(),
    )


def _trigger_of_registration(event: Facts | None) -> _Trigger | None:
    match event:
        case ActivationLinkIssued(link_id=link_id, issued_at=at, expires_at=until):
            link = Link(link_id=link_id, issued_at=at, expires_at=until)
            of = event.submission_id
            facts = {} if of is None else {SUBMISSION_FACT: str(of)}
            return _Trigger(template=Template.ACTIVATION, at=at, link=link, facts=facts)
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


def _trigger_of_account(event: Facts | None) -> _Trigger | None:
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


def _trigger_of_claim(event: Facts | None) -> _Trigger | None:
    """Messages to the claimant, whom a granted claim has made a person."""
    match event:
        case DocumentClaimOpened(opened_at=at, submission_id=of):
            facts = {SUBMISSION_FACT: str(of)}
            return _Trigger(template=Template.DOCUMENT_CLAIM_OPENED, at=at, facts=facts)
        case DocumentClaimGranted(granted_at=at):
            return _Trigger(template=Template.DOCUMENT_CLAIM_GRANTED, at=at)
        case DocumentClaimRefused(refused_at=at, submission_id=of, reason_code=reason):
            facts = {SUBMISSION_FACT: str(of), "reason_code": reason}
            return _Trigger(template=Template.DOCUMENT_CLAIM_REFUSED, at=at, facts=facts)
        case DocumentClaimExpired(expired_at=at, submission_id=of):
            facts = {SUBMISSION_FACT: str(of)}
            return _Trigger(template=Template.DOCUMENT_CLAIM_EXPIRED, at=at, facts=facts)
        case _:
            return None


def _trigger_of_staff(event: Facts | None) -> _Trigger | None:
    match event:
        case StaffInvited(link_id=link_id, invited_at=at, expires_at=until):
            link = Link(link_id=link_id, issued_at=at, expires_at=until)
            return _to_staff(Template.STAFF_INVITATION, event, at, link)
        case StaffPasswordResetRequested(link_id=link_id, requested_at=at, expires_at=until):
            link = Link(link_id=link_id, issued_at=at, expires_at=until)
            return _to_staff(Template.STAFF_PASSWORD_RESET, event, at, link)
        case StaffPasswordChanged(changed_at=at):
            return _to_staff(Template.STAFF_PASSWORD_CHANGED, event, at)
        case _:
            return None


def _to_staff(
    template: Template,
    event: StaffInvited | StaffPasswordResetRequested | StaffPasswordChanged,
    at: datetime,
    link: Link | None = None,
) -> _Trigger:
    facts = {LOCALE_FACT: event.locale}
    return _Trigger(template=template, at=at, link=link, facts=facts, personal=event.personal)


def person_of(event: Facts | None, subject: UUID) -> UUID:
    """The person whom the event means here: of a granted claim the claimant, else the subject."""
    return event.claimant_id if isinstance(event, DocumentClaimGranted) else subject


def replaced_part(event: Facts | None) -> ReplaceablePart | None:
    """The part of the person's details that the event's envelope replaces."""
    match event:
        case EmailCorrected(submission_id=None):
            return ReplaceablePart.EMAIL
        case ContactChanged(kind=ContactKind.EMAIL):
            return ReplaceablePart.EMAIL
        case ContactChanged(kind=ContactKind.PHONE):
            return ReplaceablePart.PHONE
        case IdentityCorrected():
            return ReplaceablePart.IDENTITY
        case _:
            return None


def _progress_before_activation(
    event: SubmissionReceived | ActivationLinkIssued | EmailCorrected,
    progress: ApplicationProgress,
) -> ApplicationProgress:
    return replace(progress, reminders=0) if isinstance(event, SubmissionReceived) else progress


def progress_after(
    event: Facts | None, progress: ApplicationProgress
) -> ApplicationProgress | None:
    """The flags after the event; None for an event that does not concern the application.

    After the activation further submissions are another human's.
    """
    match event:
        case SubmissionReceived() | ActivationLinkIssued() | EmailCorrected():
            return None if progress.is_activated else _progress_before_activation(event, progress)
        case ApplicationStarted():
            return replace(progress, has_started=True)
        case EmailVerified():
            return replace(progress, is_activated=True)
        case EmploymentDeclared():
            return replace(progress, is_employed=True)
        case DocumentsProvided() | DocumentsReopened():
            return replace(progress, has_documents=isinstance(event, DocumentsProvided))
        case ApplicationCompleted() | PreCustomerPromoted():
            return replace(progress, is_over=True)
        case RecordBlocked() | RecordDisabled():
            return replace(progress, is_halted=True)
        case PreCustomerActivated() | RecordUnblocked() | RecordSetPending() | RecordEnabled():
            return replace(progress, is_halted=False)
        case PhoneVerified() | DocumentReceived() | DocumentFailedScreening() | DocumentRejected():
            return progress
        case _:
            return None
