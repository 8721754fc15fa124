"""The document's part `application`: what onboarding says of the five steps."""

from vinculo.contracts import Facts
from vinculo.contracts.onboarding import (
    ApplicationCompleted,
    ApplicationStarted,
    ConsentGiven,
    DocumentsProvided,
    EmailVerified,
    EmploymentDeclared,
)
from vinculo.query_api.mongo import Document
from vinculo.query_api.people.fields import field_name


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
        case ConsentGiven():
            part.setdefault("consents", {})[field_name(event.purpose)] = {
                "text_version": event.text_version,
                "text_sha256": event.text_sha256,
                "channel": event.channel,
                "given_at": event.given_at,
            }
        case EmailVerified():
            part["email_verified_at"] = event.verified_at
        case EmploymentDeclared():
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
