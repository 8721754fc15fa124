"""Commands of the domain tests."""

from uuid import UUID

from vinculo.documents.domain.dossier import RejectionNote
from vinculo.documents.domain.dossier_decisions import (
    AcceptDocument,
    OpenDossier,
    ReceiveDocument,
    RecordScreeningFailed,
    RecordScreeningPassed,
    RejectDocument,
)

from .dossier_history import DEFAULT_REQUIREMENTS, NOW, REVIEWER

OPEN = OpenDossier(requirement_set=DEFAULT_REQUIREMENTS, now=NOW)


def receive(document_id: UUID, kind: str) -> ReceiveDocument:
    return ReceiveDocument(
        document_id=document_id,
        kind=kind,
        media_type="application/pdf",
        size_bytes=1000,
        sha256="a" * 64,
        now=NOW,
    )


def screening_passed(document_id: UUID) -> RecordScreeningPassed:
    return RecordScreeningPassed(
        document_id=document_id,
        media_type="application/pdf",
        size_bytes=900,
        sha256="b" * 64,
        now=NOW,
    )


def screening_failed(document_id: UUID) -> RecordScreeningFailed:
    return RecordScreeningFailed(document_id=document_id, reason_code="damaged", now=NOW)


def accept(document_id: UUID, by: UUID = REVIEWER) -> AcceptDocument:
    return AcceptDocument(document_id=document_id, accepted_by=by, now=NOW)


def reject(document_id: UUID, note: RejectionNote | None = None) -> RejectDocument:
    return RejectDocument(
        document_id=document_id,
        reason_code="illegible",
        note=note,
        rejected_by=REVIEWER,
        now=NOW,
    )
