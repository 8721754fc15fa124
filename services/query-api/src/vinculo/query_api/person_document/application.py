"""The section `application`: the five steps of registration and the account, from onboarding."""

from typing import Final

from vinculo.contracts import Facts
from vinculo.contracts.onboarding import (
    ApplicationCompleted,
    ApplicationStarted,
    ConsentGiven,
    ConsentWithdrawn,
    ContactChanged,
    ContactKind,
    DocumentsProvided,
    EmailVerified,
    EmploymentDeclared,
    IdentityCorrected,
    IdentityCorrectionRefused,
    IdentityCorrectionRequested,
    PhoneVerified,
)
from vinculo.query_api.person_document.schema import (
    ApplicationSection,
    ConsentChange,
    Person,
    field_name,
)

MAX_LEDGER_ENTRIES: Final = 100
"""Bounds the document's size; the timeline has every consent given and withdrawn."""


def application_section(person: Person) -> ApplicationSection:
    """The section, made when there is none."""
    return person.setdefault("application", {"version": 0})


def fold_application(section: ApplicationSection, event: Facts) -> None:
    match event:
        case ApplicationStarted():
            section["registration_id"] = event.registration_id
            section["project"] = event.project
            section["channel"] = event.channel
            section["locale"] = event.locale
            section["country"] = event.country
            section["document_type"] = event.document_type
            section["started_at"] = event.started_at
        case EmailVerified():
            section["activated_at"] = event.verified_at
            section["email_verified_at"] = event.verified_at
        case EmploymentDeclared():
            section.setdefault("first_employment_at", event.declared_at)
            section["employment"] = {
                "payer_id": event.payer_id,
                "contract_type": event.contract_type,
                "currency": event.currency,
                "declared_at": event.declared_at,
            }
        case DocumentsProvided():
            section["documents_provided_at"] = event.provided_at
        case ApplicationCompleted():
            section["completed_at"] = event.completed_at
        case ConsentGiven() | ConsentWithdrawn():
            _fold_consent(section, event)
        case _:
            _fold_account(section, event)


def _fold_consent(section: ApplicationSection, event: ConsentGiven | ConsentWithdrawn) -> None:
    """`consents` has what is in force, `consent_ledger` the latest changes."""
    in_force = section.setdefault("consents", {})
    change: ConsentChange
    if isinstance(event, ConsentGiven):
        in_force[field_name(event.purpose)] = {
            "text_version": event.text_version,
            "text_sha256": event.text_sha256,
            "channel": event.channel,
            "given_at": event.given_at,
        }
        change = {
            "purpose": event.purpose,
            "channel": event.channel,
            "action": "given",
            "text_version": event.text_version,
            "text_sha256": event.text_sha256,
            "at": event.given_at,
        }
    else:
        in_force.pop(field_name(event.purpose), None)
        change = {
            "purpose": event.purpose,
            "channel": event.channel,
            "action": "withdrawn",
            "at": event.withdrawn_at,
        }
    ledger = section.setdefault("consent_ledger", [])
    ledger.append(change)
    del ledger[:-MAX_LEDGER_ENTRIES]


def _fold_account(section: ApplicationSection, event: Facts) -> None:
    """A contact is changed only after it was confirmed, so it is verified from that moment."""
    match event:
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
