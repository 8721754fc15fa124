"""Events and decision state of a payer: the employer or pension fund that pays a salary.

Nothing of it is personal data. Stored names and fields must never change.
"""

from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerDetails:
    """A payer's entry in the catalogue. Phones are in E.164."""

    name: str
    tax_id: str
    agreement: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    contact_email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unregistered:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    name: str
    tax_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """In the catalogue. A suspended payer cannot be declared in new employments."""

    details: PayerDetails
    suspended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """A refused proposal; `same_as` is the payer that it duplicates."""

    name: str
    tax_id: str | None
    same_as: UUID | None


Payer: TypeAlias = Unregistered | Proposed | Listed | Declined


def evolve_payer(state: Payer, event: PayerEvent) -> Payer:
    match state, event:
        case Unregistered(), PayerRegistered():
            return Listed(details=_details(event))
        case Unregistered() | Proposed(), PayerProposed(name=name, tax_id=tax_id):
            return Proposed(name=name, tax_id=tax_id)
        case Proposed(), PayerAccepted():
            return Listed(details=_details(event))
        case Proposed(name=name, tax_id=tax_id), PayerRefused(same_as=same_as):
            return Declined(name=name, tax_id=tax_id, same_as=same_as)
        case Listed(), PayerChanged():
            return replace(state, details=_details(event))
        case Listed(), PayerSuspended():
            return replace(state, suspended=True)
        case Listed(), PayerReinstated():
            return replace(state, suspended=False)
        case _:
            return state


def _details(event: PayerRegistered | PayerAccepted | PayerChanged) -> PayerDetails:
    return PayerDetails(
        name=event.name,
        tax_id=event.tax_id,
        agreement=event.agreement,
        contact_name=event.contact_name,
        contact_phone=event.contact_phone,
        contact_email=event.contact_email,
    )
