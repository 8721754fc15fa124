"""Events of the documents service, and the steps of onboarding that depend on them.

Only one document is required, so that measurements spend their time on many people instead of many
files.
"""

from typing import Final

from vinculo.population.event_builder import EventBuilder
from vinculo.population.onboarding_events import Evidence

PAYSLIP: Final = "payslip"
REQUIREMENTS: Final = [{"code": PAYSLIP, "kinds": [PAYSLIP]}]
FILE_HASH: Final = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
REVIEWER: Final = "0193f5a0-0002-7000-8000-0000000000a1"


def open_dossier(builder: EventBuilder) -> None:
    facts = {
        "requirement_set_version": 1,
        "requirements": REQUIREMENTS,
        "opened_at": builder.time,
    }
    builder.emit("dossier", "dossier-opened.v1", facts)


def complete_application(builder: EventBuilder, evidence: Evidence) -> str:
    """Steps 4 and 5; the id of the document."""
    document = receive_document(builder)
    evidence.events["dossier_submitted"] = submit_dossier(builder, document)
    provided = {"provided_at": builder.time}
    builder.emit("application", "documents-provided.v1", provided)
    evidence.completed_at = builder.advance(60)
    evidence.events["onboarding_completed"] = builder.emit(
        "application", "application-completed.v1", {"completed_at": evidence.completed_at}
    )
    return document


def receive_document(builder: EventBuilder) -> str:
    document, at = builder.new_id(), builder.advance(60 * 24)
    file = {
        "document_id": document,
        "kind": PAYSLIP,
        "media_type": "application/pdf",
        "size_bytes": builder.rng.randrange(40_000, 900_000),
        "sha256": FILE_HASH,
    }
    builder.emit("dossier", "document-received.v1", {**file, "received_at": at})
    builder.emit("dossier", "document-screened.v1", {**file, "screened_at": at})
    return document


def submit_dossier(builder: EventBuilder, document: str) -> str:
    facts = {"document_ids": [document], "submitted_at": builder.time}
    return builder.emit("dossier", "dossier-submitted.v1", facts)


def reject_document(builder: EventBuilder, document: str) -> None:
    at = builder.advance(60 * 24 * 3)
    facts = {
        "document_id": document,
        "kind": PAYSLIP,
        "reason_code": "illegible",
        "rejected_by": REVIEWER,
        "rejected_at": at,
    }
    note = {"note": "No se lee la fecha del desprendible."}
    builder.emit("dossier", "document-rejected.v1", facts, personal=note)
    reopened = {"document_id": document, "reopened_at": at}
    builder.emit("dossier", "dossier-reopened.v1", reopened)


def accept_document(builder: EventBuilder, document: str, evidence: Evidence) -> None:
    at = builder.advance(60 * 24 * 3)
    decision = {"accepted_by": REVIEWER, "accepted_at": at}
    facts = {"document_id": document, "kind": PAYSLIP, **decision}
    builder.emit("dossier", "document-accepted.v1", facts)
    evidence.events["dossier_accepted"] = builder.emit("dossier", "dossier-accepted.v1", decision)
