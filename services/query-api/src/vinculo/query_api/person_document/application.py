"""The section `application`: the five steps of registration and the account, from onboarding."""

from datetime import datetime
from typing import Final
from uuid import UUID

from vinculo.contracts import Facts
from vinculo.contracts.onboarding import (
    ApplicationCompleted,
    ApplicationStarted,
    ConsentGiven,
    ConsentWithdrawn,
    ContactChanged,
    ContactKind,
    DocumentDisputed,
    DocumentDisputeDismissed,
    DocumentsProvided,
    EmailVerified,
    EmailVerifiedV2,
    EmploymentDeclared,
    IdentityCorrected,
    IdentityCorrectionRefused,
    IdentityCorrectionRequested,
    PhoneVerified,
    ReservationMoved,
    SubmissionDrop,
    SubmissionDropped,
    SubmissionReceived,
    SubmittedConsent,
)
from vinculo.query_api.person_document.schema import (
    ApplicationSection,
    Consent,
    ConsentChange,
    Person,
    SubmittedFacts,
    field_name,
)

MAX_LEDGER_ENTRIES: Final = 100
"""Bounds the document's size; the timeline has every consent given and withdrawn."""


def application_section(person: Person) -> ApplicationSection:
    """The section, made when there is none."""
    return person.setdefault("application", {"version": 0})


def counting_consents(section: ApplicationSection) -> dict[str, Consent]:
    """Those in force by purpose; none counts before the activation."""
    return section.get("consents", {}) if "activated_at" in section else {}


def counting_consent_ledger(section: ApplicationSection) -> list[ConsentChange]:
    return section.get("consent_ledger", []) if "activated_at" in section else []


def fold_application(section: ApplicationSection, event: Facts) -> None:
    match event:
        case ApplicationStarted():
            section["registration_id"] = event.registration_id
            section["started_at"] = event.started_at
            _open_submission(section, event.registration_id, event)
        case SubmissionReceived():
            _open_submission(section, event.submission_id, event)
        case SubmissionDropped():
            _drop_submission(section, event)
        case EmailVerified():
            _activate(section, event)
        case EmploymentDeclared():
            section.setdefault("first_employment_at", event.declared_at)
            section["employment"] = {
                "payer_id": event.payer_id,
                "contract_type": event.contract_type,
                "currency": event.currency,
                "declared_at": event.declared_at,
            }
        case DocumentsProvided():
            section.setdefault("documents_provided_at", event.provided_at)
        case ApplicationCompleted():
            section["completed_at"] = event.completed_at
        case ConsentGiven():
            _give_consent(section, event, channel=event.channel, at=event.given_at)
        case ConsentWithdrawn():
            _withdraw_consent(section, event)
        case _:
            _fold_account(section, event)


def _open_submission(
    section: ApplicationSection, submission_id: UUID, event: ApplicationStarted | SubmissionReceived
) -> None:
    """Show the newest submission. After the activation a further one is another human's."""
    if "activated_at" in section:
        return
    section.pop("undeliverable_at", None)
    section.setdefault("submissions", {})[str(submission_id)] = _submitted_facts(event)
    _show(section, _submitted_facts(event))


def _drop_submission(section: ApplicationSection, event: SubmissionDropped) -> None:
    """Show the newest that is left; the last facts stay where none is."""
    submissions = section.get("submissions", {})
    submissions.pop(str(event.submission_id), None)
    if (
        event.cause == SubmissionDrop.UNDELIVERABLE
        and not submissions
        and "activated_at" not in section
    ):
        section["undeliverable_at"] = event.dropped_at
    for facts in list(submissions.values())[-1:]:
        _show(section, facts)


def _activate(section: ApplicationSection, event: EmailVerified) -> None:
    """Consents of the activated submission count from now on, and those of no other."""
    section.pop("submissions", None)
    section.pop("undeliverable_at", None)
    section["activated_at"] = event.verified_at
    section["email_verified_at"] = event.verified_at
    if not isinstance(event, EmailVerifiedV2):
        return
    section["registration_id"] = event.submission_id
    _show(section, _submitted_facts(event))
    section["consents"], section["consent_ledger"] = {}, []
    for consent in event.consents:
        _give_consent(section, consent, channel=event.channel, at=event.verified_at)


def _submitted_facts(
    event: ApplicationStarted | SubmissionReceived | EmailVerifiedV2,
) -> SubmittedFacts:
    return {
        "project": event.project,
        "channel": event.channel,
        "locale": event.locale,
        "country": event.country,
        "document_type": event.document_type,
    }


def _show(section: ApplicationSection, facts: SubmittedFacts) -> None:
    section["project"] = facts["project"]
    section["channel"] = facts["channel"]
    section["locale"] = facts["locale"]
    section["country"] = facts["country"]
    section["document_type"] = facts["document_type"]


def _give_consent(
    section: ApplicationSection,
    consent: ConsentGiven | SubmittedConsent,
    *,
    channel: str,
    at: datetime,
) -> None:
    section.setdefault("consents", {})[field_name(consent.purpose)] = {
        "text_version": consent.text_version,
        "text_sha256": consent.text_sha256,
        "channel": channel,
        "given_at": at,
    }
    _add_to_ledger(
        section,
        {
            "purpose": consent.purpose,
            "channel": channel,
            "action": "given",
            "text_version": consent.text_version,
            "text_sha256": consent.text_sha256,
            "at": at,
        },
    )


def _withdraw_consent(section: ApplicationSection, event: ConsentWithdrawn) -> None:
    section.setdefault("consents", {}).pop(field_name(event.purpose), None)
    _add_to_ledger(
        section,
        {
            "purpose": event.purpose,
            "channel": event.channel,
            "action": "withdrawn",
            "at": event.withdrawn_at,
        },
    )


def _add_to_ledger(section: ApplicationSection, change: ConsentChange) -> None:
    """The ledger has the latest changes; `consents` has what is in force."""
    ledger = section.setdefault("consent_ledger", [])
    ledger.append(change)
    del ledger[:-MAX_LEDGER_ENTRIES]


def _fold_account(section: ApplicationSection, event: Facts) -> None:
    """A contact is changed only after it was confirmed, so it is verified from that moment."""
    match event:
        case DocumentDisputed():
            section["disputed_at"] = event.disputed_at
        case DocumentDisputeDismissed() | ReservationMoved():
            section.pop("disputed_at", None)
        case PhoneVerified():
            section["phone_verified_at"] = event.verified_at
        case ContactChanged(kind=ContactKind.EMAIL.value):
            section["email_verified_at"] = event.changed_at
        case ContactChanged(kind=ContactKind.PHONE.value):
            section["phone_verified_at"] = event.changed_at
        case IdentityCorrectionRequested():
            section["identity_correction"] = {
                "correction_id": event.correction_id,
                "country": event.country,
                "document_type": event.document_type,
                "requested_at": event.requested_at,
            }
        case IdentityCorrected():
            section["country"] = event.country
            section["document_type"] = event.document_type
            section["identity_corrected_at"] = event.corrected_at
            section.pop("identity_correction", None)
        case IdentityCorrectionRefused():
            section.pop("identity_correction", None)
