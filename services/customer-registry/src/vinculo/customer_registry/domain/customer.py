"""What a person's record folds to: unknown, pre-customer, customer, never back; erased for good."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias

from vinculo.customer_registry.domain.customer_events import (
    CustomerEvent,
    InternalUserGranted,
    InternalUserRevoked,
    PreCustomerActivated,
    PreCustomerPromoted,
    PreCustomerRegistered,
    RecordBlocked,
    RecordDisabled,
    RecordEnabled,
    RecordErased,
    RecordSetPending,
    RecordUnblocked,
    RequirementsEvaluated,
)
from vinculo.customer_registry.domain.requirements import Verdict, verdict
from vinculo.customer_registry.domain.status import InternalRole, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class NotRegistered:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class PreCustomer:
    """`waiting_since` is when it last began to wait for its activation."""

    status: Status
    registered_at: datetime
    waiting_since: datetime
    activated: bool = False
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Always activated: nobody is promoted before."""

    status: Status
    verdict: Verdict | None = None
    internal_role: InternalRole | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedRecord:
    pass


Record: TypeAlias = PreCustomer | Customer
CustomerState: TypeAlias = NotRegistered | PreCustomer | Customer | ErasedRecord


def evolve(state: CustomerState, event: CustomerEvent) -> CustomerState:
    match state, event:
        case ErasedRecord(), _:
            return state
        case _, RecordErased():
            return ErasedRecord()
        case NotRegistered(), PreCustomerRegistered():
            return PreCustomer(
                status=event.to_status,
                registered_at=event.registered_at,
                waiting_since=event.registered_at,
            )
        case PreCustomer(), PreCustomerActivated():
            return replace(state, status=event.to_status, activated=True)
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
            return replace(state, status=event.to_status)
        case Customer(), InternalUserGranted() | InternalUserRevoked():
            role = event.role if isinstance(event, InternalUserGranted) else None
            return replace(state, internal_role=role)
        case _:
            return state
