"""A dossier as people read it, folded from its events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from vinculo.documents.domain.dossier import DocumentState, NotOpened, Stage
from vinculo.documents.domain.dossier_decisions import DOSSIER
from vinculo.documents.domain.dossier_events import (
    DocumentDemanded,
    DocumentFailedScreening,
    DocumentReceived,
    DocumentRejected,
    DocumentScreened,
    DossierEvent,
    Requirement,
)
from vinculo.events import Sealed

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
