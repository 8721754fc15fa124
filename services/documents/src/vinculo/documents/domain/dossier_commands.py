"""What can be asked of a dossier, and the refusals."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from vinculo.documents.domain.dossier_events import DemandNote, RejectionNote
from vinculo.documents.domain.requirement_set import RequirementSet


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDossier:
    requirement_set: RequirementSet
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveDocument:
    """`sha256` of the file as uploaded, in hexadecimal."""

    document_id: UUID
    kind: str
    media_type: str
    size_bytes: int
    sha256: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFitFile:
    """Screening found the file fit; size and hash are those of the file as kept."""

    document_id: UUID
    media_type: str
    size_bytes: int
    sha256: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordUnfitFile:
    document_id: UUID
    reason_code: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptDocument:
    document_id: UUID
    accepted_by: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectDocument:
    document_id: UUID
    reason_code: str
    note: RejectionNote | None
    rejected_by: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandDocument:
    """Ask this person for a document of a kind that the dossier does not require yet."""

    kind: str
    note: DemandNote | None
    demanded_by: UUID
    now: datetime


DossierCommand: TypeAlias = (
    OpenDossier
    | ReceiveDocument
    | RecordFitFile
    | RecordUnfitFile
    | AcceptDocument
    | RejectDocument
    | DemandDocument
)


class DossierRefused(Exception):
    """The dossier's rules do not allow the command in its present state."""


class DossierNotOpen(DossierRefused):
    pass


class KindNotRequired(DossierRefused):
    """No requirement of the dossier takes a document of this kind."""


class DocumentUnknown(DossierRefused):
    pass


class DocumentNotScreened(DossierRefused):
    """Only a file found fit can be reviewed."""


class DocumentReplaced(DossierRefused):
    """A newer document of the same kind has taken its place."""


class DocumentRejectedAlready(DossierRefused):
    """A rejected document stays rejected; the person sends another."""
