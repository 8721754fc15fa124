"""Dossiers for display, folded from their events, with the reviewers' notes decrypted."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Protocol
from uuid import UUID

from vinculo.documents.domain.dossier import (
    DocumentDemanded,
    DocumentFailedScreening,
    DocumentReceived,
    DocumentRejected,
    DocumentScreened,
    DocumentState,
    DossierEvent,
    DossierStatus,
    OpenedDossier,
    Requirement,
)
from vinculo.documents.domain.dossier_decisions import DOSSIER, DossierNotOpen
from vinculo.documents.storage.person_access import require_not_erased
from vinculo.documents.storage.streams import DOSSIER_CODEC, DOSSIERS
from vinculo.events import Erased, Sealed
from vinculo.eventstore import PostgresEventStore

PRECEDENCE: Final = (
    DocumentState.ACCEPTED,
    DocumentState.SCREENED,
    DocumentState.RECEIVED,
    DocumentState.REJECTED,
    DocumentState.FAILED,
)
"""Of several documents for a requirement, the one furthest in this order determines its state."""


class PersonUnknown(Exception):
    """The person has no dossier."""


class Decryptor(Protocol):
    async def decrypt_many(
        self, sealed: Sequence[tuple[UUID, UUID, dict[str, Any]]]
    ) -> list[dict[str, Any] | Erased]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentView:
    document_id: UUID
    kind: str
    media_type: str
    size_bytes: int
    received_at: datetime
    state: DocumentState
    reason: str | None = None
    note: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementState:
    """`state` is `missing` or the state of a document; `reason` says why that one failed."""

    state: str
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierView:
    """`demand_notes` has the reviewers' notes on demanded documents, by requirement code."""

    status: DossierStatus
    requirements: tuple[Requirement, ...]
    documents: tuple[DocumentView, ...]
    demand_notes: Mapping[str, Sealed]

    def state_of(self, requirement: Requirement) -> RequirementState:
        """A document that failed the screening leaves its requirement missing."""
        document = self.decisive_document(requirement)
        if document is None:
            return RequirementState(state="missing")
        is_failed = document.state is DocumentState.FAILED
        return RequirementState(
            state="missing" if is_failed else document.state.value, reason=document.reason
        )

    def decisive_document(self, requirement: Requirement) -> DocumentView | None:
        """The document first in PRECEDENCE, and of several the newest."""
        candidates = [
            document
            for document in self.documents
            if document.kind in requirement.kinds and document.state in PRECEDENCE
        ]
        return min(
            reversed(candidates),
            key=lambda document: PRECEDENCE.index(document.state),
            default=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadableDossier:
    """`version` is the stream's. `notes` are decrypted, by document id or requirement code."""

    view: DossierView
    version: int
    notes: Mapping[UUID | str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierQueries:
    store: PostgresEventStore
    decryptor: Decryptor

    async def own(self, person_id: UUID) -> ReadableDossier:
        """Raises DossierNotOpen, PersonErased."""
        dossier = await self._find(person_id)
        if dossier is None:
            raise DossierNotOpen
        return dossier

    async def of_person(self, person_id: UUID) -> ReadableDossier:
        """Raises PersonUnknown, PersonErased."""
        dossier = await self._find(person_id)
        if dossier is None:
            raise PersonUnknown
        return dossier

    async def _find(self, person_id: UUID) -> ReadableDossier | None:
        async with self.store.transaction() as connection:
            await require_not_erased(connection, person_id)
            stored = await self.store.read(DOSSIERS.stream_id(person_id), connection=connection)
        view = dossier_view(DOSSIER_CODEC.decode(event) for event in stored)
        if view is None:
            return None
        return ReadableDossier(view=view, version=len(stored), notes=await self._notes(view))

    async def _notes(self, view: DossierView) -> Mapping[UUID | str, str]:
        encrypted: dict[UUID | str, Sealed] = {
            document.document_id: document.note
            for document in view.documents
            if document.note is not None
        }
        encrypted.update(view.demand_notes.items())
        if not encrypted:
            return {}
        decrypted = await self.decryptor.decrypt_many(
            [(note.subject, note.event_id, note.envelope) for note in encrypted.values()]
        )
        return {
            key: str(plain["note"])
            for key, plain in zip(encrypted, decrypted, strict=True)
            if not isinstance(plain, Erased)
        }


def dossier_view(events: Iterable[DossierEvent]) -> DossierView | None:
    """None for a dossier that was never opened, or erased."""
    history = list(events)
    state = DOSSIER.fold(history)
    if not isinstance(state, OpenedDossier):
        return None
    views: Mapping[UUID, DocumentView] = MappingProxyType({})
    for event in history:
        views = _views_after(views, event)
    documents = tuple(
        replace(view, state=state.documents[view.document_id].state) for view in views.values()
    )
    demand_notes = {
        event.kind: event.personal
        for event in history
        if isinstance(event, DocumentDemanded) and isinstance(event.personal, Sealed)
    }
    return DossierView(
        status=state.status,
        requirements=state.requirements,
        documents=documents,
        demand_notes=demand_notes,
    )


def _views_after(
    views: Mapping[UUID, DocumentView], event: DossierEvent
) -> Mapping[UUID, DocumentView]:
    match event:
        case DocumentReceived():
            view = DocumentView(
                document_id=event.document_id,
                kind=event.kind,
                media_type=event.media_type,
                size_bytes=event.size_bytes,
                received_at=event.received_at,
                state=DocumentState.RECEIVED,
            )
        case DocumentScreened():
            view = replace(views[event.document_id], size_bytes=event.size_bytes)
        case DocumentFailedScreening():
            view = replace(views[event.document_id], reason=event.reason_code)
        case DocumentRejected(personal=personal):
            note = personal if isinstance(personal, Sealed) else None
            view = replace(views[event.document_id], reason=event.reason_code, note=note)
        case _:
            return views
    return {**views, event.document_id: view}
