"""Changes of status by operators: which are allowed, and the event of each."""

from dataclasses import dataclass
from datetime import datetime
from typing import assert_never
from uuid import UUID

from vinculo.customer_registry.domain.customer import (
    Cause,
    Customer,
    CustomerEvent,
    CustomerState,
    ErasedRecord,
    NotRegistered,
    PreCustomer,
    ReasonCode,
    Record,
    RecordBlocked,
    RecordDisabled,
    RecordEnabled,
    RecordSetPending,
    RecordUnblocked,
    RevocationCause,
    Status,
    StatusNote,
)
from vinculo.customer_registry.domain.customer_refusals import (
    ActivationOutstanding,
    CannotChangeOwnRecord,
    PersonIsUnknown,
    RecordIsBlocked,
    RecordIsErased,
    RequirementsNotMet,
    TransitionNotAllowed,
    UnblockingNeedsAdministrator,
)
from vinculo.customer_registry.domain.internal_users import automatic_revocation
from vinculo.customer_registry.domain.requirements import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeStatus:
    """An operator requests a status. `may_unblock` is true for administrators.

    `expected_version` is the status version that the operator has seen.
    """

    person_id: UUID
    to: Status
    reason_code: ReasonCode
    note: str | None = None
    by: UUID
    may_unblock: bool
    now: datetime
    expected_version: int | None = None


def transition(command: ChangeStatus, state: CustomerState) -> list[CustomerEvent]:
    """No event when the record has the status already."""
    if command.by == command.person_id:
        raise CannotChangeOwnRecord
    match state:
        case NotRegistered():
            raise PersonIsUnknown
        case ErasedRecord():
            raise RecordIsErased
        case PreCustomer() | Customer():
            return [] if state.status is command.to else _transition(command, state)
        case _:
            assert_never(state)


def _transition(command: ChangeStatus, record: Record) -> list[CustomerEvent]:
    event = _allowed_event(command, record)
    if not isinstance(event, RecordBlocked):
        return [event]
    cause, reason = RevocationCause.RECORD_BLOCKED, command.reason_code.value
    return [event, *automatic_revocation(record, cause, reason, command.now)]


def _allowed_event(command: ChangeStatus, record: Record) -> CustomerEvent:
    if command.to is Status.ENABLED and isinstance(record, PreCustomer):
        raise RequirementsNotMet(_unmet_requirements(record))
    if record.status is Status.BLOCKED:
        return _unblock(command, record)
    if command.to is Status.BLOCKED:
        return _event(command, record.status)
    if isinstance(record, PreCustomer) and not record.activated:
        raise ActivationOutstanding
    return _event(command, record.status)


def _unmet_requirements(record: PreCustomer) -> tuple[str, ...]:
    if record.verdict is None:
        return ()
    return tuple(
        requirement
        for requirement, outcome, _ in record.verdict.outcomes
        if outcome is not Outcome.MET
    )


def _unblock(command: ChangeStatus, record: Record) -> CustomerEvent:
    """Unblock to `pending`, or to `pending_email_verification` before activation.

    An operator may request `pending` in both cases.
    """
    activated = isinstance(record, Customer) or record.activated
    unblocked_to = Status.PENDING if activated else Status.PENDING_EMAIL_VERIFICATION
    if command.to not in (Status.PENDING, unblocked_to):
        raise RecordIsBlocked
    if not command.may_unblock:
        raise UnblockingNeedsAdministrator
    return RecordUnblocked(
        to_status=unblocked_to,
        cause=Cause.OPERATOR,
        reason_code=command.reason_code,
        unblocked_by=command.by,
        unblocked_at=command.now,
        personal=_note(command),
    )


def _event(command: ChangeStatus, from_status: Status) -> CustomerEvent:
    match command.to:
        case Status.ENABLED:
            return RecordEnabled(
                from_status=from_status,
                cause=Cause.OPERATOR,
                reason_code=command.reason_code,
                enabled_by=command.by,
                enabled_at=command.now,
                personal=_note(command),
            )
        case Status.PENDING:
            return RecordSetPending(
                from_status=from_status,
                cause=Cause.OPERATOR,
                reason_code=command.reason_code,
                set_pending_by=command.by,
                set_pending_at=command.now,
                personal=_note(command),
            )
        case Status.DISABLED:
            return RecordDisabled(
                from_status=from_status,
                cause=Cause.OPERATOR,
                reason_code=command.reason_code,
                disabled_by=command.by,
                disabled_at=command.now,
                personal=_note(command),
            )
        case Status.BLOCKED:
            return RecordBlocked(
                from_status=from_status,
                cause=Cause.OPERATOR,
                reason_code=command.reason_code,
                blocked_by=command.by,
                blocked_at=command.now,
                personal=_note(command),
            )
        case Status.PENDING_EMAIL_VERIFICATION:
            raise TransitionNotAllowed(from_status, command.to)
        case _:
            assert_never(command.to)


def _note(command: ChangeStatus) -> StatusNote | None:
    return None if command.note is None else StatusNote(note=command.note)
