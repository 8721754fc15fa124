"""The document's part `application`: what onboarding says of the five steps and of the account."""

from typing import Any, Final

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
from vinculo.query_api.mongo import Document
from vinculo.query_api.person_document.schema import field_name

MAX_LEDGER_ENTRIES: Final = 100
"""A document cannot grow for ever; all that was ever given and withdrawn is in the timeline."""


def fold_application(part: Document, event: Facts) -> None:
    match event:
        case ApplicationStarted():
            part["registration_id"] = event.registration_id
            part["project"] = event.project
            part["channel"] = event.channel
            part["locale"] = event.locale
            part["country"] = event.country
            part["document_type"] = event.document_type
            part["started_at"] = event.started_at
        case EmailVerified():
            part["activated_at"] = event.verified_at
            part["email_verified_at"] = event.verified_at
        case EmploymentDeclared():
            part.setdefault("first_employment_at", event.declared_at)
            part["employment"] = {
                "payer_id": event.payer_id,
                "contract_type": event.contract_type,
                "currency": event.currency,
                "declared_at": event.declared_at,
            }
        case DocumentsProvided():
            part["documents_provided_at"] = event.provided_at
        case ApplicationCompleted():
            part["completed_at"] = event.completed_at
        case ConsentGiven() | ConsentWithdrawn():
            _fold_consent(part, event)
        case _:
            _fold_account(part, event)


def _fold_consent(part: Document, event: ConsentGiven | ConsentWithdrawn) -> None:
    """`consents` holds what is in force; `consent_ledger` the latest of what led there."""
    in_force: Document = part.setdefault("consents", {})
    if isinstance(event, ConsentGiven):
        in_force[field_name(event.purpose)] = {
            "text_version": event.text_version,
            "text_sha256": event.text_sha256,
            "channel": event.channel,
            "given_at": event.given_at,
        }
        entry: dict[str, Any] = {
            "action": "given",
            "text_version": event.text_version,
            "text_sha256": event.text_sha256,
            "at": event.given_at,
        }
    else:
        in_force.pop(field_name(event.purpose), None)
        entry = {"action": "withdrawn", "at": event.withdrawn_at}
    ledger = part.setdefault("consent_ledger", [])
    ledger.append({"purpose": event.purpose, "channel": event.channel, **entry})
    del ledger[:-MAX_LEDGER_ENTRIES]


def _fold_account(part: Document, event: Facts) -> None:
    """A new contact was confirmed on its own address, so it is verified from then on."""
    match event:
        case PhoneVerified():
            part["phone_verified_at"] = event.verified_at
        case ContactChanged(kind=ContactKind.EMAIL.value):
            part["email_verified_at"] = event.changed_at
        case ContactChanged(kind=ContactKind.PHONE.value):
            part["phone_verified_at"] = event.changed_at
        case IdentityCorrectionRequested():
            part["identity_correction"] = {
                "correction_id": event.correction_id,
                "country": event.country,
                "document_type": event.document_type,
                "requested_at": event.requested_at,
            }
        case IdentityCorrected():
            part["country"] = event.country
            part["document_type"] = event.document_type
            part["identity_corrected_at"] = event.corrected_at
            part.pop("identity_correction", None)
        case IdentityCorrectionRefused():
            part.pop("identity_correction", None)
