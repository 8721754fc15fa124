"""Corrections of an identity: by the person at once, or requested and decided by an operator."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias, assert_never
from uuid import UUID

from vinculo.events.personal import Erased, Sealed


class CorrectionRefusal(StrEnum):
    NOT_PROVED = "not_proved"
    MISTAKEN = "mistaken"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityDetails:
    document_number: str
    given_names: str
    surnames: str
    birth_date: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionNote:
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCorrectionRequested:
    correction_id: UUID
    country: str
    document_type: str
    requested_at: datetime
    personal: IdentityDetails | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCorrected:
    """`decided_by` is the operator; None for a pre-customer, who needs no approval."""

    correction_id: UUID
    country: str
    document_type: str
    decided_by: UUID | None
    corrected_at: datetime
    personal: IdentityDetails | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCorrectionRefused:
    correction_id: UUID
    reason_code: CorrectionRefusal
    refused_by: UUID
    refused_at: datetime
    personal: CorrectionNote | Sealed | Erased | None = None


IdentityCorrectionEvent: TypeAlias = (
    IdentityCorrectionRequested | IdentityCorrected | IdentityCorrectionRefused
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCorrection:
    correction_id: UUID
    country: str
    document_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """At most one correction is open; the last decided ones make repeated commands quiet."""

    open: OpenCorrection | None = None
    approved: UUID | None = None
    refused: UUID | None = None


def evolve_corrections(state: Corrections, event: object) -> Corrections:
    """Ignores the events of the stream that do not concern corrections."""
    match event:
        case IdentityCorrectionRequested():
            requested = OpenCorrection(
                correction_id=event.correction_id,
                country=event.country,
                document_type=event.document_type,
            )
            return replace(state, open=requested)
        case IdentityCorrected(correction_id=correction_id):
            return replace(state, open=None, approved=correction_id)
        case IdentityCorrectionRefused(correction_id=correction_id):
            return replace(state, open=None, refused=correction_id)
        case _:
            return state


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectIdentity:
    """A correction by a pre-customer, effective at once."""

    correction_id: UUID
    country: str
    document_type: str
    identity: IdentityDetails
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestIdentityCorrection:
    correction_id: UUID
    country: str
    document_type: str
    identity: IdentityDetails
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveIdentityCorrection:
    """`identity` is the requested one, decrypted to be recorded; no decision depends on it."""

    correction_id: UUID
    person_id: UUID
    identity: IdentityDetails
    decided_by: UUID
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseIdentityCorrection:
    correction_id: UUID
    person_id: UUID
    reason_code: CorrectionRefusal
    note: CorrectionNote | None
    refused_by: UUID
    now: datetime


IdentityCommand: TypeAlias = (
    CorrectIdentity
    | RequestIdentityCorrection
    | ApproveIdentityCorrection
    | RefuseIdentityCorrection
)


class CorrectionRefused(Exception):
    """The rules for corrections do not allow the command in the present state."""


class CorrectionOpenAlready(CorrectionRefused):
    def __init__(self) -> None:
        super().__init__("another correction is waiting for an operator")


class NoSuchCorrection(CorrectionRefused):
    def __init__(self) -> None:
        super().__init__("there is no such correction")


class CorrectionDecided(CorrectionRefused):
    def __init__(self) -> None:
        super().__init__("the correction was already decided differently")


class RefusalNoteIsMissing(CorrectionRefused):
    def __init__(self) -> None:
        super().__init__("the reason `other` needs a note")


class OwnRecordCorrection(CorrectionRefused):
    def __init__(self) -> None:
        super().__init__("an operator cannot decide on a correction of their own record")


def decide_on_identity(
    command: IdentityCommand, state: Corrections
) -> list[IdentityCorrectionEvent]:
    match command:
        case CorrectIdentity():
            return correct_identity(command, state)
        case RequestIdentityCorrection():
            return request_correction(command, state)
        case ApproveIdentityCorrection():
            return approve_correction(command, state)
        case RefuseIdentityCorrection():
            return refuse_correction(command, state)
        case _:
            assert_never(command)


def correct_identity(command: CorrectIdentity, state: Corrections) -> list[IdentityCorrectionEvent]:
    if state.approved == command.correction_id:
        return []
    if state.open is not None:
        raise CorrectionOpenAlready
    corrected = IdentityCorrected(
        correction_id=command.correction_id,
        country=command.country,
        document_type=command.document_type,
        decided_by=None,
        corrected_at=command.now,
        personal=command.identity,
    )
    return [corrected]


def request_correction(
    command: RequestIdentityCorrection, state: Corrections
) -> list[IdentityCorrectionEvent]:
    if state.open is not None:
        if state.open.correction_id == command.correction_id:
            return []
        raise CorrectionOpenAlready
    requested = IdentityCorrectionRequested(
        correction_id=command.correction_id,
        country=command.country,
        document_type=command.document_type,
        requested_at=command.now,
        personal=command.identity,
    )
    return [requested]


def approve_correction(
    command: ApproveIdentityCorrection, state: Corrections
) -> list[IdentityCorrectionEvent]:
    if command.decided_by == command.person_id:
        raise OwnRecordCorrection
    if state.approved == command.correction_id:
        return []
    requested = require_open_correction(state, command.correction_id)
    corrected = IdentityCorrected(
        correction_id=command.correction_id,
        country=requested.country,
        document_type=requested.document_type,
        decided_by=command.decided_by,
        corrected_at=command.now,
        personal=command.identity,
    )
    return [corrected]


def refuse_correction(
    command: RefuseIdentityCorrection, state: Corrections
) -> list[IdentityCorrectionEvent]:
    if command.refused_by == command.person_id:
        raise OwnRecordCorrection
    if state.refused == command.correction_id:
        return []
    require_open_correction(state, command.correction_id)
    if command.reason_code is CorrectionRefusal.OTHER and command.note is None:
        raise RefusalNoteIsMissing
    refused = IdentityCorrectionRefused(
        correction_id=command.correction_id,
        reason_code=command.reason_code,
        refused_by=command.refused_by,
        refused_at=command.now,
        personal=command.note,
    )
    return [refused]


def require_open_correction(state: Corrections, correction_id: UUID) -> OpenCorrection:
    if correction_id in {state.approved, state.refused}:
        raise CorrectionDecided
    if state.open is None or state.open.correction_id != correction_id:
        raise NoSuchCorrection
    return state.open
