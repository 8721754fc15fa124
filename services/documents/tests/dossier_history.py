"""Histories of a dossier in each status, and their events."""

from datetime import UTC, datetime
from uuid import UUID

from vinculo.documents.application.requirements_file import read_requirements
from vinculo.documents.domain.dossier import (
    DocumentAccepted,
    DocumentReceived,
    DocumentRejected,
    DocumentScreened,
    DossierAccepted,
    DossierEvent,
    DossierOpened,
    DossierSubmitted,
    RejectionNote,
)
from vinculo.events import Sealed

DEFAULT_REQUIREMENTS = read_requirements(None).default
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 2, tzinfo=UTC)
REVIEWER = UUID(int=100)
FRONT, BACK, PAYSLIP, CERTIFICATE = (UUID(int=number) for number in range(1, 5))
KINDS = {
    FRONT: "identity_card_front",
    BACK: "identity_card_back",
    PAYSLIP: "payslip",
    CERTIFICATE: "employment_certificate",
}

OPENED = DossierOpened(
    requirement_set_version=DEFAULT_REQUIREMENTS.version,
    requirements=DEFAULT_REQUIREMENTS.requirements,
    opened_at=BEFORE,
)


def received(document_id: UUID, kind: str, at: datetime = BEFORE) -> DocumentReceived:
    return DocumentReceived(
        document_id=document_id,
        kind=kind,
        media_type="application/pdf",
        size_bytes=1000,
        sha256="a" * 64,
        received_at=at,
    )


def screened(document_id: UUID, kind: str, at: datetime = BEFORE) -> DocumentScreened:
    return DocumentScreened(
        document_id=document_id,
        kind=kind,
        media_type="application/pdf",
        size_bytes=900,
        sha256="b" * 64,
        screened_at=at,
    )


def accepted(document_id: UUID, kind: str, at: datetime = BEFORE) -> DocumentAccepted:
    return DocumentAccepted(
        document_id=document_id, kind=kind, accepted_by=REVIEWER, accepted_at=at
    )


def rejected(
    document_id: UUID,
    kind: str,
    note: RejectionNote | Sealed | None = None,
    reason_code: str = "illegible",
) -> DocumentRejected:
    return DocumentRejected(
        document_id=document_id,
        kind=kind,
        reason_code=reason_code,
        rejected_by=REVIEWER,
        rejected_at=NOW,
        personal=note,
    )


def usable(document_id: UUID, kind: str) -> tuple[DossierEvent, ...]:
    return received(document_id, kind), screened(document_id, kind)


def submitted(*document_ids: UUID, at: datetime = BEFORE) -> DossierSubmitted:
    return DossierSubmitted(document_ids=document_ids, submitted_at=at)


WITHOUT_CERTIFICATE: tuple[DossierEvent, ...] = (
    OPENED,
    *usable(FRONT, KINDS[FRONT]),
    *usable(BACK, KINDS[BACK]),
    *usable(PAYSLIP, KINDS[PAYSLIP]),
)
SUBMITTED: tuple[DossierEvent, ...] = (
    *WITHOUT_CERTIFICATE,
    *usable(CERTIFICATE, KINDS[CERTIFICATE]),
    submitted(FRONT, BACK, PAYSLIP, CERTIFICATE),
)
ALL_BUT_ONE_ACCEPTED: tuple[DossierEvent, ...] = (
    *SUBMITTED,
    accepted(FRONT, KINDS[FRONT]),
    accepted(BACK, KINDS[BACK]),
    accepted(PAYSLIP, KINDS[PAYSLIP]),
)
ACCEPTED: tuple[DossierEvent, ...] = (
    *ALL_BUT_ONE_ACCEPTED,
    accepted(CERTIFICATE, KINDS[CERTIFICATE]),
    DossierAccepted(accepted_by=REVIEWER, accepted_at=BEFORE),
)
