"""What a dossier answers to each command.

Every change of a document is followed by what it means for the dossier as a whole, in the same
decision, so that no one ever sees a complete dossier that is not submitted.
"""

from typing import assert_never
from uuid import UUID

from vinculo.documents.domain.dossier import (
    FIT,
    Document,
    DocumentState,
    Dossier,
    NotOpened,
    Opened,
    evolve,
)
from vinculo.documents.domain.dossier_commands import (
    AcceptDocument,
    DemandDocument,
    DocumentNotScreened,
    DocumentRejectedAlready,
    DocumentReplaced,
    DocumentUnknown,
    DossierCommand,
    DossierNotOpen,
    KindNotRequired,
    OpenDossier,
    ReceiveDocument,
    RecordFitFile,
    RecordUnfitFile,
    RejectDocument,
)
from vinculo.documents.domain.dossier_consequences import (
    meaning_of_acceptance,
    meaning_of_changes,
)
from vinculo.documents.domain.dossier_events import (
    DocumentAccepted,
    DocumentDemanded,
    DocumentFailedScreening,
    DocumentReceived,
    DocumentRejected,
    DocumentScreened,
    DocumentSuperseded,
    DossierEvent,
    DossierOpened,
)
from vinculo.events.decider import Decider


def decide(command: DossierCommand, state: Dossier) -> list[DossierEvent]:
    match command:
        case OpenDossier():
            return open_dossier(command, state)
        case ReceiveDocument():
            return receive(command, state)
        case RecordFitFile():
            return record_fit(command, state)
        case RecordUnfitFile():
            return record_unfit(command, state)
        case AcceptDocument():
            return accept(command, state)
        case RejectDocument():
            return reject(command, state)
        case DemandDocument():
            return demand(command, state)
        case _:
            assert_never(command)


def open_dossier(command: OpenDossier, state: Dossier) -> list[DossierEvent]:
    if isinstance(state, Opened):
        return []
    return [
        DossierOpened(
            requirement_set_version=command.requirement_set.version,
            requirements=command.requirement_set.requirements,
            opened_at=command.now,
        )
    ]


def receive(command: ReceiveDocument, state: Dossier) -> list[DossierEvent]:
    dossier = require_open(state)
    if command.document_id in dossier.documents:
        return []
    require_kind(dossier, command.kind)
    return [
        DocumentReceived(
            document_id=command.document_id,
            kind=command.kind,
            media_type=command.media_type,
            size_bytes=command.size_bytes,
            sha256=command.sha256,
            received_at=command.now,
        )
    ]


def record_fit(command: RecordFitFile, state: Dossier) -> list[DossierEvent]:
    """The newest fit document of a kind stays, whichever of them was screened last."""
    dossier = require_open(state)
    document = require_document(dossier, command.document_id)
    if document.state is not DocumentState.RECEIVED:
        return []
    screened = DocumentScreened(
        document_id=command.document_id,
        kind=document.kind,
        media_type=command.media_type,
        size_bytes=command.size_bytes,
        sha256=command.sha256,
        screened_at=command.now,
    )
    *older, newest = [
        document_id
        for document_id, other in dossier.documents.items()
        if other.kind == document.kind
        and (document_id == command.document_id or other.state in FIT)
    ]
    superseded = [
        DocumentSuperseded(
            document_id=document_id,
            kind=document.kind,
            superseded_by=newest,
            superseded_at=command.now,
        )
        for document_id in older
    ]
    return [
        screened,
        *superseded,
        *meaning_of_changes(dossier, [screened, *superseded], command.now),
    ]


def record_unfit(command: RecordUnfitFile, state: Dossier) -> list[DossierEvent]:
    document = require_document(require_open(state), command.document_id)
    if document.state is not DocumentState.RECEIVED:
        return []
    return [
        DocumentFailedScreening(
            document_id=command.document_id,
            kind=document.kind,
            reason_code=command.reason_code,
            failed_at=command.now,
        )
    ]


def accept(command: AcceptDocument, state: Dossier) -> list[DossierEvent]:
    dossier = require_open(state)
    document = require_reviewable(dossier, command.document_id)
    if document.state is DocumentState.ACCEPTED:
        return []
    if document.state is DocumentState.REJECTED:
        raise DocumentRejectedAlready(str(command.document_id))
    accepted = DocumentAccepted(
        document_id=command.document_id,
        kind=document.kind,
        accepted_by=command.accepted_by,
        accepted_at=command.now,
    )
    return [accepted, *meaning_of_acceptance(dossier, accepted)]


def reject(command: RejectDocument, state: Dossier) -> list[DossierEvent]:
    """An accepted document can still be rejected: what is found false later must not stand."""
    dossier = require_open(state)
    document = require_reviewable(dossier, command.document_id)
    if document.state is DocumentState.REJECTED:
        return []
    rejected = DocumentRejected(
        document_id=command.document_id,
        kind=document.kind,
        reason_code=command.reason_code,
        rejected_by=command.rejected_by,
        rejected_at=command.now,
        personal=command.note,
    )
    return [rejected, *meaning_of_changes(dossier, [rejected], command.now)]


def demand(command: DemandDocument, state: Dossier) -> list[DossierEvent]:
    """A kind that is required already is asked for once; a fit one is rejected to get another."""
    dossier = require_open(state)
    if is_required(dossier, command.kind):
        return []
    return [
        DocumentDemanded(
            kind=command.kind,
            demanded_by=command.demanded_by,
            demanded_at=command.now,
            personal=command.note,
        )
    ]


def require_open(state: Dossier) -> Opened:
    if isinstance(state, NotOpened):
        raise DossierNotOpen
    return state


def require_kind(dossier: Opened, kind: str) -> None:
    if not is_required(dossier, kind):
        raise KindNotRequired(kind)


def is_required(dossier: Opened, kind: str) -> bool:
    return any(kind in requirement.kinds for requirement in dossier.requirements)


def require_document(dossier: Opened, document_id: UUID) -> Document:
    document = dossier.documents.get(document_id)
    if document is None:
        raise DocumentUnknown(str(document_id))
    return document


def require_reviewable(dossier: Opened, document_id: UUID) -> Document:
    document = require_document(dossier, document_id)
    if document.state in {DocumentState.RECEIVED, DocumentState.FAILED}:
        raise DocumentNotScreened(str(document_id))
    if document.state is DocumentState.SUPERSEDED:
        raise DocumentReplaced(str(document_id))
    return document


DOSSIER: Decider[DossierCommand, Dossier, DossierEvent] = Decider(decide, evolve, NotOpened())
