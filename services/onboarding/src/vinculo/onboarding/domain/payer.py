"""A payer: as much of what happened as decisions need. Nothing of it is personal."""

from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from vinculo.onboarding.domain.payer_events import (
    PayerAccepted,
    PayerChanged,
    PayerEvent,
    PayerProposed,
    PayerRefused,
    PayerRegistered,
    PayerReinstated,
    PayerSuspended,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerDetails:
    """All that is known of a payer in the catalogue. Phones are in E.164."""

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
    """In the catalogue; nobody can be declared to be paid by a suspended one."""

    details: PayerDetails
    suspended: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Declined:
    """A proposal that operations refused; `same_as` is the payer that it duplicates."""

    name: str
    tax_id: str | None
    same_as: UUID | None


Payer: TypeAlias = Unregistered | Proposed | Listed | Declined


def evolve(state: Payer, event: PayerEvent) -> Payer:
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
