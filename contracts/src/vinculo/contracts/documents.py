"""Events of a dossier: all documents of one person and their review."""

from enum import StrEnum
from uuid import UUID

from vinculo.contracts.envelope import Envelope, Facts, Instant, Personal


class DocumentKind(StrEnum):
    IDENTITY_CARD_FRONT = "identity_card_front"
    IDENTITY_CARD_BACK = "identity_card_back"
    PAYSLIP = "payslip"
    EMPLOYMENT_CERTIFICATE = "employment_certificate"
    EMPLOYMENT_CONTRACT = "employment_contract"
    BANK_STATEMENT = "bank_statement"
    DEBT_CLEARANCE = "debt_clearance"
    INCOME_CERTIFICATE = "income_certificate"
    TAX_RETURN = "tax_return"
    UTILITY_BILL = "utility_bill"
    OTHER = "other_document"


class RejectionNote(Personal):
    """Personal part of `document-rejected.v1`: the reviewer's comment."""

    note: str


class DemandNote(Personal):
    """Personal part of `document-demanded.v1`: the reviewer's description of the document."""

    note: str


class Requirement(Facts):
    """Met by one document of any of the kinds."""

    code: str
    kinds: tuple[str, ...]


class DossierOpened(Facts):
    requirement_set_version: int
    requirements: tuple[Requirement, ...]
    opened_at: Instant


class DocumentReceived(Facts):
    """The file as uploaded; `sha256` in hexadecimal."""

    document_id: UUID
    kind: str
    media_type: str
    size_bytes: int
    sha256: str
    received_at: Instant


class DocumentFailedScreening(Facts):
    document_id: UUID
    kind: str
    reason_code: str
    failed_at: Instant


class DocumentScreened(Facts):
    """The file as kept: images are encoded anew, so size and hash may differ from the upload's."""

    document_id: UUID
    kind: str
    media_type: str
    size_bytes: int
    sha256: str
    screened_at: Instant


class DocumentAccepted(Facts):
    document_id: UUID
    kind: str
    accepted_by: UUID
    accepted_at: Instant


class DocumentRejected(Facts):
    """`personal` holds a RejectionNote when the reviewer wrote one."""

    document_id: UUID
    kind: str
    reason_code: str
    rejected_by: UUID
    rejected_at: Instant
    personal: Envelope | None = None


class DocumentSuperseded(Facts):
    document_id: UUID
    kind: str
    superseded_by: UUID
    superseded_at: Instant


class DossierSubmitted(Facts):
    """Every required document is received and screened."""

    document_ids: tuple[UUID, ...]
    submitted_at: Instant


class DossierAccepted(Facts):
    """Every required document is accepted; `accepted_by` accepted the last one."""

    accepted_by: UUID
    accepted_at: Instant


class DocumentDemanded(Facts):
    """One more document is required of this person. The dossier is open until it is there.

    `personal` holds a DemandNote when the reviewer wrote one.
    """

    kind: str
    demanded_by: UUID
    demanded_at: Instant
    personal: Envelope | None = None


class DossierErased(Facts):
    """All files of an erased person are deleted: how many objects, with how many bytes."""

    objects: int
    bytes: int
    erased_at: Instant


class DossierReopened(Facts):
    """A rejection or a newer document left the dossier short of its requirements or its review."""

    document_id: UUID
    reopened_at: Instant
