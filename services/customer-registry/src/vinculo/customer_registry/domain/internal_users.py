"""Customers who are internal users too, with a role that an administrator grants and revokes.

Blocking or erasing a record revokes the role in the same decision.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from vinculo.customer_registry.domain.customer import (
    Customer,
    CustomerEvent,
    CustomerState,
    ErasedRecord,
    InternalRole,
    InternalUserGranted,
    InternalUserReason,
    InternalUserRevoked,
    NotRegistered,
    PreCustomer,
    RevocationCause,
    Status,
)
from vinculo.customer_registry.domain.customer_refusals import (
    CannotChangeOwnRecord,
    NotACustomer,
    PersonIsUnknown,
    RecordIsBlocked,
    RecordIsErased,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantInternalUser:
    person_id: UUID
    role: InternalRole
    reason_code: InternalUserReason
    by: UUID
    now: datetime
    expected_version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeInternalUser:
    person_id: UUID
    reason_code: InternalUserReason
    by: UUID
    now: datetime
    expected_version: int | None = None


InternalUserCommand: TypeAlias = GrantInternalUser | RevokeInternalUser


def grant_internal_user(command: GrantInternalUser, state: CustomerState) -> list[CustomerEvent]:
    """No event when the customer has the role already; another role replaces it."""
    customer = _require_customer(command, state)
    if customer.status is Status.BLOCKED:
        raise RecordIsBlocked
    if customer.internal_role is command.role:
        return []
    return [
        InternalUserGranted(
            role=command.role,
            reason_code=command.reason_code,
            granted_by=command.by,
            granted_at=command.now,
        )
    ]


def revoke_internal_user(command: RevokeInternalUser, state: CustomerState) -> list[CustomerEvent]:
    customer = _require_customer(command, state)
    if customer.internal_role is None:
        return []
    return [
        InternalUserRevoked(
            cause=RevocationCause.OPERATOR,
            reason_code=command.reason_code,
            revoked_by=command.by,
            revoked_at=command.now,
        )
    ]


def automatic_revocation(
    state: CustomerState, cause: RevocationCause, reason_code: str, now: datetime
) -> list[CustomerEvent]:
    """The revocation that a block or an erasure causes; no event without a role."""
    if not isinstance(state, Customer) or state.internal_role is None:
        return []
    return [
        InternalUserRevoked(cause=cause, reason_code=reason_code, revoked_by=None, revoked_at=now)
    ]


def _require_customer(command: InternalUserCommand, state: CustomerState) -> Customer:
    if command.by == command.person_id:
        raise CannotChangeOwnRecord
    match state:
        case NotRegistered():
            raise PersonIsUnknown
        case ErasedRecord():
            raise RecordIsErased
        case PreCustomer():
            raise NotACustomer
        case Customer():
            return state
        case _:
            assert_never(state)
