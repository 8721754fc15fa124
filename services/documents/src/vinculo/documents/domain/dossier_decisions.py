"""What can be asked of a dossier, and the refusals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from vinculo.documents.domain.dossier import (
    FIT,
    DemandNote,
    Document,
    DocumentAccepted,
    DocumentDemanded,
    DocumentFailedScreening,
    DocumentReceived,
    DocumentRejected,
    DocumentScreened,
    DocumentState,
    DocumentSuperseded,
    Dossier,
    DossierAccepted,
    DossierEvent,
    DossierOpened,
    DossierReopened,
    DossierSubmitted,
    NotOpened,
    Opened,
    RejectionNote,
    Stage,
    evolve,
)
from vinculo.documents.domain.requirement_set import RequirementSet
from vinculo.events.decider import Decider


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


def meaning_of_acceptance(before: Opened, accepted: DocumentAccepted) -> list[DossierEvent]:
    if before.stage is not Stage.SUBMITTED or not _after(before, [accepted]).is_wholly_accepted:
        return []
    return [DossierAccepted(accepted_by=accepted.accepted_by, accepted_at=accepted.accepted_at)]


def meaning_of_changes(
    before: Opened, changes: Sequence[DossierEvent], now: datetime
) -> list[DossierEvent]:
    """Give what newly fit, superseded and rejected documents mean for the dossier as a whole."""
    after = _after(before, changes)
    removed = [
        change.document_id
        for change in changes
        if isinstance(change, DocumentSuperseded | DocumentRejected)
        and before.documents[change.document_id].state in FIT
    ]
    meaning: list[DossierEvent] = []
    if removed and _leaves_short(before, after, changes):
        meaning.append(DossierReopened(document_id=removed[0], reopened_at=now))
    if (before.stage is Stage.OPEN or meaning) and after.is_complete:
        meaning.append(DossierSubmitted(document_ids=after.fit_documents, submitted_at=now))
    return meaning


def _leaves_short(before: Opened, after: Opened, changes: Iterable[DossierEvent]) -> bool:
    """A submitted dossier is reviewed as it was sent; an accepted one rests on acceptances."""
    match before.stage:
        case Stage.OPEN:
            return False
        case Stage.SUBMITTED:
            replaced = any(isinstance(change, DocumentSuperseded) for change in changes)
            return replaced or not after.is_complete
        case Stage.ACCEPTED:
            return not after.is_wholly_accepted
        case _:
            assert_never(before.stage)


def _after(dossier: Opened, events: Iterable[DossierEvent]) -> Opened:
    for event in events:
        evolved = evolve(dossier, event)
        if isinstance(evolved, Opened):
            dossier = evolved
    return dossier
