"""The record of a person: its statuses, its events and its state.

A record is unknown, then a pre-customer, then a customer, never the other way round; an erased
record stays erased. The `personal` part of an event is encrypted with the person's key.

The `status_version` of a record counts the events that an operator's decision rests on: all but
evaluations. An event has the record's version after it, or None when it was stored before the
version existed; the state counts the events and does not read it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from vinculo.customer_registry.domain.requirements import (
    ObservedValues,
    RequirementResult,
    Verdict,
    verdict,
)
from vinculo.events import Erased, Sealed


class Kind(StrEnum):
    PRE_CUSTOMER = "pre_customer"
    CUSTOMER = "customer"


class Status(StrEnum):
    PENDING_EMAIL_VERIFICATION = "pending_email_verification"
    PENDING = "pending"
    ENABLED = "enabled"
    DISABLED = "disabled"
    BLOCKED = "blocked"


class Cause(StrEnum):
    """What triggered a change of status."""

    REGISTRATION = "registration"
    EMAIL_VERIFIED = "email_verified"
    PROMOTION = "promotion"
    OPERATOR = "operator"
    ACTIVATION_LAPSED = "activation_lapsed"
    IDENTITY_DISPUTED = "identity_disputed"


class ReasonCode(StrEnum):
    """Why the status of a record changed. Operators give any code but `identity_disputed`."""

    REQUESTED = "requested"
    """The person requested it."""
    INACTIVE = "inactive"
    """The person has been inactive for a long time."""
    REACTIVATED = "reactivated"
    """The person is active again."""
    DATA_TO_REVIEW = "data_to_review"
    """Data that the person gave must be reviewed first."""
    DATA_REVIEWED = "data_reviewed"
    """The review found the data to be correct."""
    FRAUD_SUSPECTED = "fraud_suspected"
    """There are signs of a false identity."""
    INVESTIGATION_CLOSED = "investigation_closed"
    """An investigation did not confirm the suspicion."""
    LEGAL_ORDER = "legal_order"
    """A court or an authority ordered it."""
    IDENTITY_DISPUTED = "identity_disputed"
    """The identity document was granted to another person who claimed it."""
    MISTAKE = "mistake"
    """It corrects an earlier change."""
    OTHER = "other"
    """Another reason; the note states it."""


class InternalRole(StrEnum):
    """The role of a customer who is an internal user too."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    OPERATOR = "operator"
    ADMIN = "admin"
    AUDITOR = "auditor"


class InternalUserReason(StrEnum):
    JOINED_STAFF = "joined_staff"
    DUTIES_CHANGED = "duties_changed"
    LEFT_STAFF = "left_staff"
    MISTAKE = "mistake"
    OTHER = "other"


class RevocationCause(StrEnum):
    OPERATOR = "operator"
    RECORD_BLOCKED = "record_blocked"
    RECORD_ERASED = "record_erased"


class ErasureReason(StrEnum):
    DUPLICATE = "duplicate"
    INCORRECT = "incorrect"
    REQUESTED = "requested"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusNote:
    note: str


SealedNote: TypeAlias = StatusNote | Sealed | Erased | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreCustomerRegistered:
    registration_number: int
    project: str
    from_status: Status | None = None
    to_status: Status = Status.PENDING_EMAIL_VERIFICATION
    cause: Cause = Cause.REGISTRATION
    registered_at: datetime
    status_version: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreCustomerActivated:
    from_status: Status
    to_status: Status = Status.PENDING
    cause: Cause = Cause.EMAIL_VERIFIED
    activated_at: datetime
    status_version: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PreCustomerActivatedV2(PreCustomerActivated):
    """`project` is that of the activated submission."""

    project: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementsEvaluated:
    project: str
    policy: str
    policy_version: int
    all_met: bool
    results: tuple[RequirementResult, ...]
    evaluated_at: datetime
    personal: ObservedValues | Sealed | Erased | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PreCustomerPromoted:
    customer_id: UUID
    project: str
    policy: str
    policy_version: int
    results: tuple[RequirementResult, ...]
    from_status: Status
    to_status: Status = Status.ENABLED
    cause: Cause = Cause.PROMOTION
    registered_at: datetime
    completed_at: datetime
    promoted_at: datetime
    status_version: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEnabled:
    from_status: Status
    to_status: Status = Status.ENABLED
    cause: Cause
    reason_code: ReasonCode
    enabled_by: UUID | None
    enabled_at: datetime
    status_version: int | None = field(default=None, compare=False)
    personal: SealedNote = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSetPending:
    from_status: Status
    to_status: Status = Status.PENDING
    cause: Cause
    reason_code: ReasonCode
    set_pending_by: UUID | None
    set_pending_at: datetime
    status_version: int | None = field(default=None, compare=False)
    personal: SealedNote = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDisabled:
    from_status: Status
    to_status: Status = Status.DISABLED
    cause: Cause
    reason_code: ReasonCode
    disabled_by: UUID | None
    disabled_at: datetime
    status_version: int | None = field(default=None, compare=False)
    personal: SealedNote = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBlocked:
    from_status: Status
    to_status: Status = Status.BLOCKED
    cause: Cause
    reason_code: ReasonCode
    blocked_by: UUID | None
    blocked_at: datetime
    status_version: int | None = field(default=None, compare=False)
    personal: SealedNote = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordUnblocked:
    from_status: Status = Status.BLOCKED
    to_status: Status
    cause: Cause
    reason_code: ReasonCode
    unblocked_by: UUID | None
    unblocked_at: datetime
    status_version: int | None = field(default=None, compare=False)
    personal: SealedNote = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalUserGranted:
    role: InternalRole
    reason_code: InternalUserReason
    granted_by: UUID
    granted_at: datetime
    status_version: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalUserRevoked:
    """`reason_code` is that of the block or of the erasure which caused the revocation, if any."""

    cause: RevocationCause
    reason_code: str
    revoked_by: UUID | None
    revoked_at: datetime
    status_version: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordErased:
    erasure_id: UUID
    reason_code: ErasureReason
    erased_by: UUID
    erased_at: datetime
    status_version: int | None = field(default=None, compare=False)


StatusChanged: TypeAlias = (
    RecordEnabled | RecordSetPending | RecordDisabled | RecordBlocked | RecordUnblocked
)
CustomerEvent: TypeAlias = (
    PreCustomerRegistered
    | PreCustomerActivated
    | PreCustomerActivatedV2
    | RequirementsEvaluated
    | PreCustomerPromoted
    | StatusChanged
    | InternalUserGranted
    | InternalUserRevoked
    | RecordErased
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRegistered:
    status_version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PreCustomer:
    """`waiting_since` is the start of the latest wait for activation.

    With `identity_disputed` the document is another person's: the record stays blocked.

    `project` is that of the first submission until one is activated.
    """

    status: Status
    project: str
    registered_at: datetime
    waiting_since: datetime
    activated: bool = False
    identity_disputed: bool = False
    verdict: Verdict | None = None
    status_version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer's account is always activated: promotion requires it."""

    status: Status
    identity_disputed: bool = False
    verdict: Verdict | None = None
    internal_role: InternalRole | None = None
    status_version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedRecord:
    status_version: int = 0


Record: TypeAlias = PreCustomer | Customer
CustomerState: TypeAlias = NotRegistered | PreCustomer | Customer | ErasedRecord


def evolve(state: CustomerState, event: CustomerEvent) -> CustomerState:
    changed = _evolve(state, event)
    if isinstance(event, RequirementsEvaluated):
        return changed
    return replace(changed, status_version=state.status_version + 1)


def with_status_versions(
    events: Sequence[CustomerEvent], state: CustomerState
) -> list[CustomerEvent]:
    """The new events of a record in this state, each with the status version after it."""
    numbered: list[CustomerEvent] = []
    version = state.status_version
    for event in events:
        if isinstance(event, RequirementsEvaluated):
            numbered.append(event)
        else:
            version += 1
            numbered.append(replace(event, status_version=version))
    return numbered


def _evolve(state: CustomerState, event: CustomerEvent) -> CustomerState:
    match state, event:
        case ErasedRecord(), _:
            return state
        case _, RecordErased():
            return ErasedRecord()
        case NotRegistered(), PreCustomerRegistered():
            return PreCustomer(
                status=event.to_status,
                project=event.project,
                registered_at=event.registered_at,
                waiting_since=event.registered_at,
            )
        case PreCustomer(), PreCustomerActivated():
            project = event.project if isinstance(event, PreCustomerActivatedV2) else state.project
            return replace(state, status=event.to_status, activated=True, project=project)
        case PreCustomer(), PreCustomerPromoted():
            return Customer(status=event.to_status, verdict=state.verdict)
        case ((PreCustomer() | Customer()), RequirementsEvaluated()):
            return replace(
                state, verdict=verdict(event.policy, event.policy_version, event.results)
            )
        case PreCustomer(), RecordUnblocked():
            return replace(state, status=event.to_status, waiting_since=event.unblocked_at)
        case (
            (PreCustomer() | Customer()),
            RecordEnabled()
            | RecordSetPending()
            | RecordDisabled()
            | RecordBlocked()
            | RecordUnblocked(),
        ):
            is_disputed = state.identity_disputed or event.cause is Cause.IDENTITY_DISPUTED
            return replace(state, status=event.to_status, identity_disputed=is_disputed)
        case Customer(), InternalUserGranted() | InternalUserRevoked():
            role = event.role if isinstance(event, InternalUserGranted) else None
            return replace(state, internal_role=role)
        case _:
            return state
