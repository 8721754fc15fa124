"""A payer: as much of what happened as decisions need."""

from dataclasses import dataclass
from typing import TypeAlias

from vinculo.onboarding.domain.payer_events import PayerEvent, PayerRegistered


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
