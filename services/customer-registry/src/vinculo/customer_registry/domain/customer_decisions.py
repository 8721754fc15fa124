"""The commands on a record and the events that each one produces.

Changes of status by operators and internal users have modules of their own.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from vinculo.customer_registry.domain.customer import (
    Cause,
    Customer,
    CustomerEvent,
    CustomerState,
    ErasedRecord,
    ErasureReason,
    NotRegistered,
    PreCustomer,
    PreCustomerActivatedV2,
    PreCustomerPromoted,
    PreCustomerRegistered,
    ReasonCode,
    RecordDisabled,
    RecordErased,
    RequirementsEvaluated,
    RevocationCause,
    Status,
    evolve,
    with_status_versions,
)
from vinculo.customer_registry.domain.customer_refusals import (
    CannotChangeOwnRecord,
    NotPending,
    PersonIsUnknown,
    RecordChanged,
    RecordIsBlocked,
    RequirementsNotMet,
)
from vinculo.customer_registry.domain.internal_users import (
    GrantInternalUser,
    InternalUserCommand,
    RevokeInternalUser,
    automatic_revocation,
    grant_internal_user,
    revoke_internal_user,
)
from vinculo.customer_registry.domain.requirements import Evaluation, verdict
from vinculo.customer_registry.domain.status_transitions import (
    BlockDisputedIdentity,
    ChangeStatus,
    block_disputed_identity,
    transition,
)
from vinculo.events import Decider


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPreCustomer:
    registration_number: int
    project: str
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivatePreCustomer:
    """A submission was activated; `project` is its project, by default the registered one."""

    project: str | None = None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEvaluation:
    evaluation: Evaluation
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Promote:
    """`completed_at` is None until the person has completed the onboarding."""

    customer_id: UUID
    evaluation: Evaluation
    completed_at: datetime | None
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseRecord:
    """`repeated`: a restored record lacks an erasure that was allowed when it was made."""

    person_id: UUID
    erasure_id: UUID
    reason_code: ErasureReason
    by: UUID
    now: datetime
    expected_version: int | None = None
    repeated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LapseActivation:
    """Disable the record if it has waited for activation since `waiting_since` or earlier."""

    waiting_since: datetime
    now: datetime


CustomerCommand: TypeAlias = (
    RegisterPreCustomer
    | ActivatePreCustomer
    | RecordEvaluation
    | Promote
    | ChangeStatus
    | BlockDisputedIdentity
    | EraseRecord
    | InternalUserCommand
    | LapseActivation
)


def decide(command: CustomerCommand, state: CustomerState) -> list[CustomerEvent]:
    _require_expected_version(command, state)
    return with_status_versions(_decide(command, state), state)


def _require_expected_version(command: CustomerCommand, state: CustomerState) -> None:
    """Raise RecordChanged if the caller decided on another version of the record."""
    match command, state:
        case (
            (
                ChangeStatus(expected_version=int(expected))
                | GrantInternalUser(expected_version=int(expected))
                | RevokeInternalUser(expected_version=int(expected))
                | EraseRecord(expected_version=int(expected))
            ),
            PreCustomer(status_version=actual) | Customer(status_version=actual),
        ) if expected != actual:
            raise RecordChanged
        case _:
            return


def _decide(  # noqa: C901 - one case per command
    command: CustomerCommand, state: CustomerState
) -> list[CustomerEvent]:
    match command:
        case RegisterPreCustomer():
            return register(command, state)
        case ActivatePreCustomer():
            return activate(command, state)
        case RecordEvaluation():
            return record_evaluation(command, state)
        case Promote():
            return promote(command, state)
        case ChangeStatus():
            return transition(command, state)
        case BlockDisputedIdentity():
            return block_disputed_identity(command, state)
        case EraseRecord():
            return erase(command, state)
        case GrantInternalUser():
            return grant_internal_user(command, state)
        case RevokeInternalUser():
            return revoke_internal_user(command, state)
        case LapseActivation():
            return lapse_activation(command, state)
        case _:
            assert_never(command)


def register(command: RegisterPreCustomer, state: CustomerState) -> list[CustomerEvent]:
    if not isinstance(state, NotRegistered):
        return []
    return [
        PreCustomerRegistered(
            registration_number=command.registration_number,
            project=command.project,
            registered_at=command.registered_at,
        )
    ]


def activate(command: ActivatePreCustomer, state: CustomerState) -> list[CustomerEvent]:
    """Activate a new or lapsed record; no event for any other.

    A blocked record is activated after unblocking. Whether a lapsed record may be activated is
    decided by onboarding, which knows which registration holds the identity document.
    """
    match state:
        case NotRegistered():
            raise PersonIsUnknown
        case PreCustomer(
            status=Status.PENDING_EMAIL_VERIFICATION | Status.DISABLED, activated=False
        ):
            return [
                PreCustomerActivatedV2(
                    from_status=state.status,
                    activated_at=command.now,
                    project=command.project or state.project,
                )
            ]
        case _:
            return []


def record_evaluation(command: RecordEvaluation, state: CustomerState) -> list[CustomerEvent]:
    """No event when the verdict has not changed. A customer is evaluated too, without effect."""
    evaluation = command.evaluation
    new = verdict(evaluation.policy, evaluation.policy_version, evaluation.results)
    match state:
        case NotRegistered():
            raise PersonIsUnknown
        case ErasedRecord():
            return []
        case PreCustomer(verdict=known) | Customer(verdict=known) if known == new:
            return []
        case _:
            return [
                RequirementsEvaluated(
                    project=evaluation.project,
                    policy=evaluation.policy,
                    policy_version=evaluation.policy_version,
                    all_met=evaluation.all_met,
                    results=evaluation.results,
                    evaluated_at=command.now,
                    personal=evaluation.observed,
                )
            ]


def promote(command: Promote, state: CustomerState) -> list[CustomerEvent]:
    """Promote from `pending`, after activation and completion, whatever the policy requires."""
    match state:
        case NotRegistered():
            raise PersonIsUnknown
        case Customer() | ErasedRecord():
            return []
        case PreCustomer():
            return _promote_pre_customer(command, state)
        case _:
            assert_never(state)


def _promote_pre_customer(command: Promote, record: PreCustomer) -> list[CustomerEvent]:
    if record.status is not Status.PENDING:
        raise NotPending(record.status)
    evaluation = command.evaluation
    if not evaluation.all_met:
        raise RequirementsNotMet(evaluation.unmet)
    if not record.activated or command.completed_at is None:
        raise RequirementsNotMet(("activation", "completion"))
    return [
        PreCustomerPromoted(
            customer_id=command.customer_id,
            project=evaluation.project,
            policy=evaluation.policy,
            policy_version=evaluation.policy_version,
            results=evaluation.results,
            from_status=record.status,
            registered_at=record.registered_at,
            completed_at=command.completed_at,
            promoted_at=command.now,
        )
    ]


def erase(command: EraseRecord, state: CustomerState) -> list[CustomerEvent]:
    """A blocked record must be unblocked first: its document stays reserved until then.

    A record whose document was granted to another person is erased blocked.
    """
    if command.by == command.person_id:
        raise CannotChangeOwnRecord
    match state:
        case NotRegistered():
            raise PersonIsUnknown
        case ErasedRecord():
            return []
        case (
            PreCustomer(status=Status.BLOCKED, identity_disputed=False)
            | Customer(status=Status.BLOCKED, identity_disputed=False)
        ) if not command.repeated:
            raise RecordIsBlocked
        case _:
            return [
                *automatic_revocation(
                    state, RevocationCause.RECORD_ERASED, command.reason_code.value, command.now
                ),
                RecordErased(
                    erasure_id=command.erasure_id,
                    reason_code=command.reason_code,
                    erased_by=command.by,
                    erased_at=command.now,
                ),
            ]


def lapse_activation(command: LapseActivation, state: CustomerState) -> list[CustomerEvent]:
    """No event for any other record: a sweep may come too late, or twice."""
    match state:
        case PreCustomer(status=Status.PENDING_EMAIL_VERIFICATION) if (
            state.waiting_since <= command.waiting_since
        ):
            return [
                RecordDisabled(
                    from_status=state.status,
                    cause=Cause.ACTIVATION_LAPSED,
                    reason_code=ReasonCode.INACTIVE,
                    disabled_by=None,
                    disabled_at=command.now,
                )
            ]
        case _:
            return []


CUSTOMER: Decider[CustomerCommand, CustomerState, CustomerEvent] = Decider(
    decide, evolve, NotRegistered()
)
