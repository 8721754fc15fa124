"""What happens to a paying entity: the employer or pension fund that pays a person's salary."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID


class ProposalRefusal(StrEnum):
    DUPLICATE = "duplicate"
    NOT_A_PAYER = "not_a_payer"
    OTHER = "other"


class SuspensionReason(StrEnum):
    AGREEMENT_ENDED = "agreement_ended"
    DOES_NOT_PAY = "does_not_pay"
    CLOSED = "closed"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerRegistered:
    name: str
    tax_id: str
    agreement: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    contact_email: str | None = None
    registered_by: UUID
    registered_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerProposed:
    name: str
    tax_id: str | None = None
    proposed_by: UUID
    proposed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerAccepted:
    name: str
    tax_id: str
    agreement: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    contact_email: str | None = None
    accepted_by: UUID
    accepted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerRefused:
    reason_code: ProposalRefusal
    same_as: UUID | None = None
    refused_by: UUID
    refused_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerChanged:
    name: str
    tax_id: str
    agreement: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    contact_email: str | None = None
    changed_by: UUID
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerSuspended:
    reason_code: SuspensionReason
    suspended_by: UUID
    suspended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerReinstated:
    reinstated_by: UUID
    reinstated_at: datetime


PayerEvent: TypeAlias = (
    PayerRegistered
    | PayerProposed
    | PayerAccepted
    | PayerRefused
    | PayerChanged
    | PayerSuspended
    | PayerReinstated
)
