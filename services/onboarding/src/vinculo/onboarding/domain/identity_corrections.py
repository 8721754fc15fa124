"""Corrections of a person's identity: at once, or asked for and decided by an operator."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeAlias, assert_never
from uuid import UUID

from vinculo.onboarding.domain.account_events import (
    AccountEvent,
    CorrectionNote,
    CorrectionRefusal,
    IdentityCorrected,
    IdentityCorrectionRefused,
    IdentityCorrectionRequested,
    IdentityDetails,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectIdentity:
    """A pre-customer's own word is enough."""

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
    """`identity` is what was asked for, opened for the command; nothing is decided on it."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCorrection:
    correction_id: UUID
    country: str
    document_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """At most one is open; of those decided the last are known again."""

    open: OpenCorrection | None = None
    approved: UUID | None = None
    refused: UUID | None = None


class CorrectionRefused(Exception):
    """The rules for corrections do not allow the command now."""


class CorrectionOpenAlready(CorrectionRefused):
    def __init__(self) -> None:
        super().__init__("another correction waits for an operator")


class NoSuchCorrection(CorrectionRefused):
    def __init__(self) -> None:
        super().__init__("there is no such correction")


class CorrectionDecided(CorrectionRefused):
    def __init__(self) -> None:
        super().__init__("the correction was decided otherwise already")


class OwnCorrection(CorrectionRefused):
    def __init__(self) -> None:
        super().__init__("nobody decides on a correction of the own record")


def decide_on_identity(command: IdentityCommand, state: Corrections) -> list[AccountEvent]:
    match command:
        case CorrectIdentity():
            return correct(command, state)
        case RequestIdentityCorrection():
            return request(command, state)
        case ApproveIdentityCorrection():
            return approve(command, state)
        case RefuseIdentityCorrection():
            return refuse(command, state)
        case _:
            assert_never(command)


def correct(command: CorrectIdentity, state: Corrections) -> list[AccountEvent]:
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


def request(command: RequestIdentityCorrection, state: Corrections) -> list[AccountEvent]:
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


def approve(command: ApproveIdentityCorrection, state: Corrections) -> list[AccountEvent]:
    if command.decided_by == command.person_id:
        raise OwnCorrection
    if state.approved == command.correction_id:
        return []
    opened = require_open(state, command.correction_id)
    corrected = IdentityCorrected(
        correction_id=command.correction_id,
        country=opened.country,
        document_type=opened.document_type,
        decided_by=command.decided_by,
        corrected_at=command.now,
        personal=command.identity,
    )
    return [corrected]


def refuse(command: RefuseIdentityCorrection, state: Corrections) -> list[AccountEvent]:
    if command.refused_by == command.person_id:
        raise OwnCorrection
    if state.refused == command.correction_id:
        return []
    require_open(state, command.correction_id)
    refused = IdentityCorrectionRefused(
        correction_id=command.correction_id,
        reason_code=command.reason_code,
        refused_by=command.refused_by,
        refused_at=command.now,
        personal=command.note,
    )
    return [refused]


def require_open(state: Corrections, correction_id: UUID) -> OpenCorrection:
    if correction_id in {state.approved, state.refused}:
        raise CorrectionDecided
    if state.open is None or state.open.correction_id != correction_id:
        raise NoSuchCorrection
    return state.open


def evolve_corrections(state: Corrections, event: Any) -> Corrections:  # noqa: ANN401 - any event of the stream
    match event:
        case IdentityCorrectionRequested():
            opened = OpenCorrection(
                correction_id=event.correction_id,
                country=event.country,
                document_type=event.document_type,
            )
            return replace(state, open=opened)
        case IdentityCorrected(correction_id=correction_id):
            return replace(state, open=None, approved=correction_id)
        case IdentityCorrectionRefused(correction_id=correction_id):
            return replace(state, open=None, refused=correction_id)
        case _:
            return state
