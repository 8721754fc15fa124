"""A paying entity: the employer or pension fund that pays a person's salary."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID


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


PayerEvent: TypeAlias = PayerRegistered


@dataclass(frozen=True, slots=True, kw_only=True)
class Unregistered:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    tax_id: str


Payer: TypeAlias = Unregistered | Registered


def evolve(state: Payer, event: PayerEvent) -> Payer:
    match state, event:
        case Unregistered(), PayerRegistered(tax_id=tax_id):
            return Registered(tax_id=tax_id)
        case _:
            return state
