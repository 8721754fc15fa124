"""Commands on a dossier, refusals, and the decisions.

A change of a document and its consequences for the whole dossier (submitted, accepted, reopened)
are one decision, so that a complete dossier is never seen without being submitted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias, assert_never
from uuid import UUID

from vinculo.documents.domain.dossier import (
    USABLE,
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
    DossierErased,
    DossierEvent,
    DossierOpened,
    DossierReopened,
    DossierStatus,
    DossierSubmitted,
    ErasedDossier,
    OpenedDossier,
    RejectionNote,
    UnopenedDossier,
    evolve,
)
from vinculo.documents.domain.requirement_set import RequirementSet
from vinculo.events import Decider


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
class RecordScreeningPassed:
    """Size and hash are those of the stored file, `sha256` in hexadecimal."""

    document_id: UUID
    media_type: str
    size_bytes: int
    sha256: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordScreeningFailed:
    document_id: UUID
    reason_code: str
    now: datetime


OTHER_REASON: Final = "other"


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
    """Require a document of a kind that the dossier does not require yet."""

    kind: str
    note: DemandNote | None
    demanded_by: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilesErased:
    """All files of an erased person are deleted; the counts are of what was there."""

    objects: int
    bytes: int
    now: datetime


DossierCommand: TypeAlias = (
    OpenDossier
    | ReceiveDocument
    | RecordScreeningPassed
    | RecordScreeningFailed
    | AcceptDocument
    | RejectDocument
    | DemandDocument
    | RecordFilesErased
)


class DossierRefused(Exception):
    """The dossier's rules do not allow the command in its present state."""


class DossierNotOpen(DossierRefused):
    pass


class DossierGone(DossierRefused):
    """The person was erased, and the dossier with them."""


class KindNotRequired(DossierRefused):
    """No requirement of the dossier accepts this kind of document."""


class DocumentUnknown(DossierRefused):
    pass


class DocumentNotScreened(DossierRefused):
    """Only a document that passed the screening can be reviewed."""


class DocumentReplaced(DossierRefused):
    """A newer document of the same kind superseded it."""


class DocumentRejectedAlready(DossierRefused):
    """A rejection is final: the person sends another document."""


class NoteIsMissing(DossierRefused):
    """The reason `other` says nothing without a note."""


def decide(command: DossierCommand, state: Dossier) -> list[DossierEvent]:
    match command:
        case OpenDossier():
            return open_dossier(command, state)
        case ReceiveDocument():
            return receive(command, state)
        case RecordScreeningPassed():
            return record_screening_passed(command, state)
        case RecordScreeningFailed():
            return record_screening_failed(command, state)
        case AcceptDocument():
            return accept(command, state)
        case RejectDocument():
            return reject(command, state)
        case DemandDocument():
            return demand(command, state)
        case RecordFilesErased():
            return record_files_erased(command, state)
        case _:
            assert_never(command)


def open_dossier(command: OpenDossier, state: Dossier) -> list[DossierEvent]:
    """An application that is read after the person's erasure opens nothing."""
    if not isinstance(state, UnopenedDossier):
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


def record_screening_passed(command: RecordScreeningPassed, state: Dossier) -> list[DossierEvent]:
    """Of the usable documents of a kind the last received stays, in any order of screening."""
    dossier = require_open(state)
    document = _require_document(dossier, command.document_id)
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
        and (document_id == command.document_id or other.state in USABLE)
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
        *_lifecycle_events(dossier, [screened, *superseded], command.now),
    ]


def record_screening_failed(command: RecordScreeningFailed, state: Dossier) -> list[DossierEvent]:
    document = _require_document(require_open(state), command.document_id)
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
    document = _require_reviewable(dossier, command.document_id)
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
    return [accepted, *_acceptance_events(dossier, accepted)]


def reject(command: RejectDocument, state: Dossier) -> list[DossierEvent]:
    """An accepted document can still be rejected, because it may be found false later."""
    dossier = require_open(state)
    document = _require_reviewable(dossier, command.document_id)
    if document.state is DocumentState.REJECTED:
        return []
    if command.reason_code == OTHER_REASON and command.note is None:
        raise NoteIsMissing
    rejected = DocumentRejected(
        document_id=command.document_id,
        kind=document.kind,
        reason_code=command.reason_code,
        rejected_by=command.rejected_by,
        rejected_at=command.now,
        personal=command.note,
    )
    return [rejected, *_lifecycle_events(dossier, [rejected], command.now)]


def demand(command: DemandDocument, state: Dossier) -> list[DossierEvent]:
    """A kind that is already required is not demanded; to get another document, reject it."""
    dossier = require_open(state)
    if _is_required(dossier, command.kind):
        return []
    return [
        DocumentDemanded(
            kind=command.kind,
            demanded_by=command.demanded_by,
            demanded_at=command.now,
            personal=command.note,
        )
    ]


def record_files_erased(command: RecordFilesErased, state: Dossier) -> list[DossierEvent]:
    """A person may be erased before the dossier was opened."""
    if isinstance(state, ErasedDossier):
        return []
    return [DossierErased(objects=command.objects, bytes=command.bytes, erased_at=command.now)]


def require_open(state: Dossier) -> OpenedDossier:
    """Raises DossierNotOpen, DossierGone."""
    match state:
        case OpenedDossier():
            return state
        case UnopenedDossier():
            raise DossierNotOpen
        case ErasedDossier():
            raise DossierGone
        case _:
            assert_never(state)


def require_kind(dossier: OpenedDossier, kind: str) -> None:
    """Raises KindNotRequired."""
    if not _is_required(dossier, kind):
        raise KindNotRequired(kind)


def _is_required(dossier: OpenedDossier, kind: str) -> bool:
    return any(kind in requirement.kinds for requirement in dossier.requirements)


def _require_document(dossier: OpenedDossier, document_id: UUID) -> Document:
    document = dossier.documents.get(document_id)
    if document is None:
        raise DocumentUnknown(str(document_id))
    return document


def _require_reviewable(dossier: OpenedDossier, document_id: UUID) -> Document:
    document = _require_document(dossier, document_id)
    if document.state in {DocumentState.RECEIVED, DocumentState.FAILED}:
        raise DocumentNotScreened(str(document_id))
    if document.state is DocumentState.SUPERSEDED:
        raise DocumentReplaced(str(document_id))
    return document


def _acceptance_events(before: OpenedDossier, accepted: DocumentAccepted) -> list[DossierEvent]:
    """DossierAccepted, if this acceptance was the last one that a submitted dossier needed."""
    is_last = _after(before, [accepted]).is_fully_accepted
    if before.status is not DossierStatus.SUBMITTED or not is_last:
        return []
    return [DossierAccepted(accepted_by=accepted.accepted_by, accepted_at=accepted.accepted_at)]


def _lifecycle_events(
    before: OpenedDossier, changes: Sequence[DossierEvent], now: datetime
) -> list[DossierEvent]:
    """DossierReopened and DossierSubmitted, as far as the changes of documents cause them."""
    after = _after(before, changes)
    removed = [
        change.document_id
        for change in changes
        if isinstance(change, DocumentSuperseded | DocumentRejected)
        and before.documents[change.document_id].state in USABLE
    ]
    events: list[DossierEvent] = []
    if removed and _must_reopen(before, after, changes):
        events.append(DossierReopened(document_id=removed[0], reopened_at=now))
    if (before.status is DossierStatus.OPEN or events) and after.is_complete:
        events.append(DossierSubmitted(document_ids=after.usable_documents, submitted_at=now))
    return events


def _must_reopen(
    before: OpenedDossier, after: OpenedDossier, changes: Iterable[DossierEvent]
) -> bool:
    """A submitted dossier is reviewed as it was sent; an accepted one rests on acceptances."""
    match before.status:
        case DossierStatus.OPEN:
            return False
        case DossierStatus.SUBMITTED:
            replaced = any(isinstance(change, DocumentSuperseded) for change in changes)
            return replaced or not after.is_complete
        case DossierStatus.ACCEPTED:
            return not after.is_fully_accepted
        case _:
            assert_never(before.status)


def _after(dossier: OpenedDossier, events: Iterable[DossierEvent]) -> OpenedDossier:
    for event in events:
        evolved = evolve(dossier, event)
        if isinstance(evolved, OpenedDossier):
            dossier = evolved
    return dossier


DOSSIER: Decider[DossierCommand, Dossier, DossierEvent] = Decider(decide, evolve, UnopenedDossier())
