"""What has happened to a dossier: all documents of one person, and their review."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from vinculo.events.personal import Erased, Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """Met by one document of any of the kinds."""

    code: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierOpened:
    requirement_set_version: int
    requirements: tuple[Requirement, ...]
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReceived:
    """The file as uploaded; `sha256` in hexadecimal."""

    document_id: UUID
    kind: str
    media_type: str
    size_bytes: int
    sha256: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFailedScreening:
    document_id: UUID
    kind: str
    reason_code: str
    failed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentScreened:
    """The file as kept: images are encoded anew, so size and hash may differ from the upload's."""

    document_id: UUID
    kind: str
    media_type: str
    size_bytes: int
    sha256: str
    screened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentAccepted:
    document_id: UUID
    kind: str
    accepted_by: UUID
    accepted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionNote:
    """The reviewer's words."""

    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRejected:
    document_id: UUID
    kind: str
    reason_code: str
    rejected_by: UUID
    rejected_at: datetime
    personal: RejectionNote | Sealed | Erased | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSuperseded:
    document_id: UUID
    kind: str
    superseded_by: UUID
    superseded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandNote:
    """What exactly is asked for, in the reviewer's words."""

    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDemanded:
    """One more document is required of this person. The dossier is open until it is there."""

    kind: str
    demanded_by: UUID
    demanded_at: datetime
    personal: DemandNote | Sealed | Erased | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierSubmitted:
    """Every required document is received and screened."""

    document_ids: tuple[UUID, ...]
    submitted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierAccepted:
    """Every required document is accepted; `accepted_by` accepted the last one."""

    accepted_by: UUID
    accepted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierReopened:
    """A rejection or a newer document left the dossier short of its requirements or its review."""

    document_id: UUID
    reopened_at: datetime


DossierEvent: TypeAlias = (
    DossierOpened
    | DocumentReceived
    | DocumentFailedScreening
    | DocumentScreened
    | DocumentAccepted
    | DocumentRejected
    | DocumentSuperseded
    | DocumentDemanded
    | DossierSubmitted
    | DossierAccepted
    | DossierReopened
)
