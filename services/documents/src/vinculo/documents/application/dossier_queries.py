"""A dossier as people read it, folded from its events."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, Protocol
from uuid import UUID

from vinculo.documents.domain.dossier import (
    DocumentDemanded,
    DocumentFailedScreening,
    DocumentReceived,
    DocumentRejected,
    DocumentScreened,
    DocumentState,
    DossierEvent,
    NotOpened,
    Requirement,
    Stage,
)
from vinculo.documents.domain.dossier_decisions import DOSSIER, DossierNotOpen
from vinculo.documents.storage.dossiers import DOSSIER_CODEC, DOSSIERS
from vinculo.documents.storage.person_access import require_not_erased
from vinculo.events import Erased, Sealed
from vinculo.eventstore import PostgresEventStore

PRECEDENCE = (
    DocumentState.ACCEPTED,
    DocumentState.SCREENED,
    DocumentState.RECEIVED,
    DocumentState.REJECTED,
    DocumentState.FAILED,
)
"""Of several documents for one requirement, the furthest tells how the requirement stands."""


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
class DossierView:
    """`demands` holds what reviewers wrote when they demanded a document, by requirement."""

    stage: Stage
    requirements: tuple[Requirement, ...]
    documents: tuple[DocumentView, ...]
    demands: Mapping[str, Sealed]

    def standing(self, requirement: Requirement) -> DocumentView | None:
        """Give the document that tells most about the requirement, the newest among equals."""
        of_kind = [
            document
            for document in self.documents
            if document.kind in requirement.kinds and document.state in PRECEDENCE
        ]
        return min(reversed(of_kind), key=lambda each: PRECEDENCE.index(each.state), default=None)


def dossier_view(events: Iterable[DossierEvent]) -> DossierView | None:
    """Give None for a dossier that was never opened."""
    history = list(events)
    state = DOSSIER.fold(history)
    if isinstance(state, NotOpened):
        return None
    told: Mapping[UUID, DocumentView] = MappingProxyType({})
    for event in history:
        told = _told_after(told, event)
    documents = tuple(
        replace(view, state=state.documents[view.document_id].state) for view in told.values()
    )
    demands = {
        event.kind: event.personal
        for event in history
        if isinstance(event, DocumentDemanded) and isinstance(event.personal, Sealed)
    }
    return DossierView(
        stage=state.stage, requirements=state.requirements, documents=documents, demands=demands
    )


def _told_after(
    told: Mapping[UUID, DocumentView], event: DossierEvent
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
            view = replace(told[event.document_id], size_bytes=event.size_bytes)
        case DocumentFailedScreening():
            view = replace(told[event.document_id], reason=event.reason_code)
        case DocumentRejected(personal=personal):
            note = personal if isinstance(personal, Sealed) else None
            view = replace(told[event.document_id], reason=event.reason_code, note=note)
        case _:
            return told
    return {**told, event.document_id: view}


class Opener(Protocol):
    async def open_many(
        self, sealed: Sequence[tuple[UUID, UUID, dict[str, Any]]]
    ) -> list[dict[str, Any] | Erased]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDossier:
    """`notes` are the reviewers' words, by document id or by the code of what they demanded."""

    view: DossierView
    version: int
    notes: Mapping[UUID | str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierReading:
    store: PostgresEventStore
    opener: Opener

    async def of(self, person_id: UUID) -> ReadDossier:
        """Raises DossierNotOpen, PersonErased."""
        async with self.store.transaction() as connection:
            await require_not_erased(connection, person_id)
            stored = await self.store.read(DOSSIERS.stream_id(person_id), connection=connection)
        view = dossier_view(DOSSIER_CODEC.decode(event) for event in stored)
        if view is None:
            raise DossierNotOpen
        return ReadDossier(view=view, version=len(stored), notes=await self._notes(view))

    async def _notes(self, view: DossierView) -> Mapping[UUID | str, str]:
        sealed: dict[UUID | str, Sealed] = {
            each.document_id: each.note for each in view.documents if each.note is not None
        }
        sealed.update(view.demands.items())
        if not sealed:
            return {}
        opened = await self.opener.open_many(
            [(note.subject, note.event_id, note.envelope) for note in sealed.values()]
        )
        return {
            about: str(plain["note"])
            for about, plain in zip(sealed, opened, strict=True)
            if not isinstance(plain, Erased)
        }
