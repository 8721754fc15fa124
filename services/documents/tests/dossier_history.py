"""A person's dossier in its stages, as histories for tests."""

from datetime import UTC, datetime
from uuid import UUID

from vinculo.documents.application.requirements_file import read_requirements
from vinculo.documents.domain.dossier import (
    DocumentAccepted,
    DocumentReceived,
    DocumentScreened,
    DossierAccepted,
    DossierEvent,
    DossierOpened,
    DossierSubmitted,
)

USUAL_REQUIREMENTS = read_requirements(None).usual
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
    requirement_set_version=USUAL_REQUIREMENTS.version,
    requirements=USUAL_REQUIREMENTS.requirements,
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


def fit(document_id: UUID, kind: str) -> tuple[DossierEvent, ...]:
    return received(document_id, kind), screened(document_id, kind)


def submitted(*document_ids: UUID, at: datetime = BEFORE) -> DossierSubmitted:
    return DossierSubmitted(document_ids=document_ids, submitted_at=at)


WITHOUT_CERTIFICATE: tuple[DossierEvent, ...] = (
    OPENED,
    *fit(FRONT, KINDS[FRONT]),
    *fit(BACK, KINDS[BACK]),
    *fit(PAYSLIP, KINDS[PAYSLIP]),
)
SUBMITTED: tuple[DossierEvent, ...] = (
    *WITHOUT_CERTIFICATE,
    *fit(CERTIFICATE, KINDS[CERTIFICATE]),
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
