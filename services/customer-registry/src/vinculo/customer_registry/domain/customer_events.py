"""Events of a person's record, from registration to erasure. `personal` is sealed under the key."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from vinculo.customer_registry.domain.requirements import ObservedValues, RequirementResult
from vinculo.customer_registry.domain.status import (
    Cause,
    ErasureReason,
    InternalRole,
    InternalUserReason,
    ReasonCode,
    RevocationCause,
    Status,
)
from vinculo.events.personal import Erased, Sealed


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PreCustomerActivated:
    from_status: Status
    to_status: Status = Status.PENDING
    cause: Cause = Cause.EMAIL_VERIFIED
    activated_at: datetime


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEnabled:
    from_status: Status
    to_status: Status = Status.ENABLED
    cause: Cause
    reason_code: ReasonCode
    enabled_by: UUID | None
    enabled_at: datetime
    personal: SealedNote = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSetPending:
    from_status: Status
    to_status: Status = Status.PENDING
    cause: Cause
    reason_code: ReasonCode
    set_pending_by: UUID | None
    set_pending_at: datetime
    personal: SealedNote = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDisabled:
    from_status: Status
    to_status: Status = Status.DISABLED
    cause: Cause
    reason_code: ReasonCode
    disabled_by: UUID | None
    disabled_at: datetime
    personal: SealedNote = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBlocked:
    from_status: Status
    to_status: Status = Status.BLOCKED
    cause: Cause
    reason_code: ReasonCode
    blocked_by: UUID | None
    blocked_at: datetime
    personal: SealedNote = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordUnblocked:
    from_status: Status = Status.BLOCKED
    to_status: Status
    cause: Cause
    reason_code: ReasonCode
    unblocked_by: UUID | None
    unblocked_at: datetime
    personal: SealedNote = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalUserGranted:
    role: InternalRole
    reason_code: InternalUserReason
    granted_by: UUID
    granted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class InternalUserRevoked:
    """`reason_code` is the block's or the erasure's own where that was the cause."""

    cause: RevocationCause
    reason_code: str
    revoked_by: UUID | None
    revoked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordErased:
    erasure_id: UUID
    reason_code: ErasureReason
    erased_by: UUID
    erased_at: datetime


CustomerEvent: TypeAlias = (
    PreCustomerRegistered
    | PreCustomerActivated
    | RequirementsEvaluated
    | PreCustomerPromoted
    | RecordEnabled
    | RecordSetPending
    | RecordDisabled
    | RecordBlocked
    | RecordUnblocked
    | InternalUserGranted
    | InternalUserRevoked
    | RecordErased
)
