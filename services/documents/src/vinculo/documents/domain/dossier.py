"""The dossier, which is all documents of one person and their review: its events and its state.

The state holds only what decisions need. Every event evolves it, and none is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import TypeAlias
from uuid import UUID

from vinculo.events import Erased, Sealed


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
    """Describes the file as uploaded; `sha256` in hexadecimal."""

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
    """The file passed. Size and hash are those of the stored file: images are re-encoded."""

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
    """The reviewer's explanation."""

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
    """The reviewer's description of the demanded document."""

    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDemanded:
    """One more document is required of this person. The dossier is open until it is provided."""

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
    """A rejected or superseded document left the dossier incomplete or not fully reviewed."""

    document_id: UUID
    reopened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierErased:
    """The person was erased, and all their files are deleted: this many objects and bytes."""

    objects: int
    bytes: int
    erased_at: datetime


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
    | DossierErased
)


class DocumentState(StrEnum):
    RECEIVED = "received"
    FAILED = "failed"
    SCREENED = "screened"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"


class DossierStatus(StrEnum):
    OPEN = "open"
    SUBMITTED = "submitted"
    ACCEPTED = "accepted"


USABLE = frozenset({DocumentState.SCREENED, DocumentState.ACCEPTED})
"""States in which a document counts for its requirement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    kind: str
    state: DocumentState = DocumentState.RECEIVED


@dataclass(frozen=True, slots=True, kw_only=True)
class UnopenedDossier:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedDossier:
    """`documents` are in the order of their receipt."""

    requirements: tuple[Requirement, ...]
    documents: Mapping[UUID, Document] = field(default_factory=lambda: MappingProxyType({}))
    status: DossierStatus = DossierStatus.OPEN

    def documents_for(
        self, requirement: Requirement, states: frozenset[DocumentState]
    ) -> list[UUID]:
        """The documents of the requirement's kinds that are in one of `states`."""
        return [
            document_id
            for document_id, document in self.documents.items()
            if document.kind in requirement.kinds and document.state in states
        ]

    @property
    def is_complete(self) -> bool:
        """Whether every requirement has a usable document."""
        return all(self.documents_for(requirement, USABLE) for requirement in self.requirements)

    @property
    def is_fully_accepted(self) -> bool:
        """Whether every requirement has an accepted document."""
        accepted = frozenset({DocumentState.ACCEPTED})
        return all(self.documents_for(requirement, accepted) for requirement in self.requirements)

    @property
    def usable_documents(self) -> tuple[UUID, ...]:
        return tuple(
            document_id
            for document_id, document in self.documents.items()
            if document.state in USABLE
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedDossier:
    """Final: nothing is received, reviewed or opened again."""


Dossier: TypeAlias = UnopenedDossier | OpenedDossier | ErasedDossier


def evolve(state: Dossier, event: DossierEvent) -> Dossier:
    match state, event:
        case _, DossierErased():
            return ErasedDossier()
        case UnopenedDossier(), DossierOpened(requirements=requirements):
            return OpenedDossier(requirements=requirements)
        case OpenedDossier(), DocumentDemanded(kind=kind):
            demanded = Requirement(code=kind, kinds=(kind,))
            requirements = (*state.requirements, demanded)
            return replace(state, requirements=requirements, status=DossierStatus.OPEN)
        case OpenedDossier(), _:
            return replace(
                state,
                documents=_documents_after(state.documents, event),
                status=_STATUS_AFTER.get(type(event), state.status),
            )
        case _:
            return state


_STATUS_AFTER: Mapping[type[DossierEvent], DossierStatus] = MappingProxyType(
    {
        DossierSubmitted: DossierStatus.SUBMITTED,
        DossierAccepted: DossierStatus.ACCEPTED,
        DossierReopened: DossierStatus.OPEN,
    }
)

_DOCUMENT_STATE_AFTER: Mapping[type[DossierEvent], DocumentState] = MappingProxyType(
    {
        DocumentReceived: DocumentState.RECEIVED,
        DocumentFailedScreening: DocumentState.FAILED,
        DocumentScreened: DocumentState.SCREENED,
        DocumentAccepted: DocumentState.ACCEPTED,
        DocumentRejected: DocumentState.REJECTED,
        DocumentSuperseded: DocumentState.SUPERSEDED,
    }
)


def _documents_after(
    documents: Mapping[UUID, Document], event: DossierEvent
) -> Mapping[UUID, Document]:
    match event:
        case (
            DocumentReceived()
            | DocumentFailedScreening()
            | DocumentScreened()
            | DocumentAccepted()
            | DocumentRejected()
            | DocumentSuperseded()
        ):
            document = Document(kind=event.kind, state=_DOCUMENT_STATE_AFTER[type(event)])
            return MappingProxyType({**documents, event.document_id: document})
        case _:
            return documents
