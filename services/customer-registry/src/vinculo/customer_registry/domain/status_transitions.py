"""Changes of status by operators and granted claims: which are allowed, and their events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, assert_never
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
    StatusChanged,
    StatusNote,
)
from vinculo.customer_registry.domain.customer_refusals import (
    ActivationOutstanding,
    CannotChangeOwnRecord,
    CustomerRefused,
    IdentityIsDisputed,
    NoteIsMissing,
    PersonIsUnknown,
    ReasonDoesNotFit,
    ReasonIsReserved,
    RecordIsBlocked,
    RecordIsErased,
    RequirementsNotMet,
    TransitionNotAllowed,
    UnblockingNeedsAdministrator,
)
from vinculo.customer_registry.domain.internal_users import automatic_revocation
from vinculo.customer_registry.domain.requirements import Outcome

FITTING_REASONS: Final[Mapping[type[StatusChanged], tuple[ReasonCode, ...]]] = MappingProxyType(
    {
        RecordEnabled: (
            ReasonCode.REQUESTED,
            ReasonCode.REACTIVATED,
            ReasonCode.DATA_REVIEWED,
            ReasonCode.MISTAKE,
            ReasonCode.OTHER,
        ),
        RecordSetPending: (
            ReasonCode.REQUESTED,
            ReasonCode.REACTIVATED,
            ReasonCode.DATA_TO_REVIEW,
            ReasonCode.MISTAKE,
            ReasonCode.OTHER,
        ),
        RecordDisabled: (
            ReasonCode.REQUESTED,
            ReasonCode.INACTIVE,
            ReasonCode.DATA_TO_REVIEW,
            ReasonCode.LEGAL_ORDER,
            ReasonCode.MISTAKE,
            ReasonCode.OTHER,
        ),
        RecordBlocked: (
            ReasonCode.REQUESTED,
            ReasonCode.FRAUD_SUSPECTED,
            ReasonCode.LEGAL_ORDER,
            ReasonCode.MISTAKE,
            ReasonCode.OTHER,
        ),
        RecordUnblocked: (
            ReasonCode.REQUESTED,
            ReasonCode.DATA_REVIEWED,
            ReasonCode.INVESTIGATION_CLOSED,
            ReasonCode.LEGAL_ORDER,
            ReasonCode.MISTAKE,
            ReasonCode.OTHER,
        ),
    }
)
"""The reasons that an operator may give for each change."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockDisputedIdentity:
    """A claim to the person's identity document was granted to another person by `by`."""

    by: UUID
    now: datetime


def transition(command: ChangeStatus, state: CustomerState) -> list[CustomerEvent]:
    """No event when the record has the status already."""
    if command.by == command.person_id:
        raise CannotChangeOwnRecord
    if command.reason_code is ReasonCode.IDENTITY_DISPUTED:
        raise ReasonIsReserved
    match state:
        case NotRegistered():
            raise PersonIsUnknown
        case ErasedRecord():
            raise RecordIsErased
        case PreCustomer() | Customer():
            return [] if state.status is command.to else _transition(command, state)
        case _:
            assert_never(state)


def possible_changes(
    state: CustomerState, *, may_unblock: bool
) -> Mapping[Status, tuple[ReasonCode, ...]]:
    """The statuses that an operator may request of another person's record, with their reasons."""
    if not isinstance(state, PreCustomer | Customer):
        return {}
    found: dict[Status, tuple[ReasonCode, ...]] = {}
    for status in Status:
        command = ChangeStatus(
            person_id=UUID(int=0),
            to=status,
            reason_code=ReasonCode.MISTAKE,
            by=UUID(int=1),
            may_unblock=may_unblock,
            now=datetime.min.replace(tzinfo=UTC),
        )
        try:
            events = transition(command, state)
        except CustomerRefused:
            continue
        # Unblocking leads to one status, whichever of the two is requested.
        if events and isinstance(events[0], StatusChanged) and events[0].to_status is status:
            found[status] = FITTING_REASONS[type(events[0])]
    return found


def block_disputed_identity(
    command: BlockDisputedIdentity, state: CustomerState
) -> list[CustomerEvent]:
    """Also of a blocked record, which then stays blocked; once."""
    match state:
        case NotRegistered():
            raise PersonIsUnknown
        case (
            ErasedRecord() | PreCustomer(identity_disputed=True) | Customer(identity_disputed=True)
        ):
            return []
        case PreCustomer() | Customer():
            reason = ReasonCode.IDENTITY_DISPUTED
            blocked = RecordBlocked(
                from_status=state.status,
                cause=Cause.IDENTITY_DISPUTED,
                reason_code=reason,
                blocked_by=command.by,
                blocked_at=command.now,
            )
            cause = RevocationCause.RECORD_BLOCKED
            return [blocked, *automatic_revocation(state, cause, reason.value, command.now)]
        case _:
            assert_never(state)


def _transition(command: ChangeStatus, record: Record) -> list[CustomerEvent]:
    event = _allowed_event(command, record)
    if not isinstance(event, RecordBlocked):
        return [event]
    cause, reason = RevocationCause.RECORD_BLOCKED, command.reason_code.value
    return [event, *automatic_revocation(record, cause, reason, command.now)]


def _allowed_event(command: ChangeStatus, record: Record) -> StatusChanged:
    event = _possible_event(command, record)
    fitting = FITTING_REASONS[type(event)]
    if command.reason_code not in fitting:
        raise ReasonDoesNotFit(fitting)
    if command.reason_code is ReasonCode.OTHER and command.note is None:
        raise NoteIsMissing
    return event


def _possible_event(command: ChangeStatus, record: Record) -> StatusChanged:
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


def _unblock(command: ChangeStatus, record: Record) -> RecordUnblocked:
    """Unblock to `pending`, or to `pending_email_verification` before activation.

    An operator may request `pending` in both cases.
    """
    if record.identity_disputed:
        raise IdentityIsDisputed
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


def _event(command: ChangeStatus, from_status: Status) -> StatusChanged:
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
