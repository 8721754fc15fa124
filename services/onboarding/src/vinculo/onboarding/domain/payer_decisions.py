"""The commands on a payer, the refusals, and what each command leads to."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from vinculo.eventstore.decider import Decider
from vinculo.onboarding.domain.payer import Payer, Registered, Unregistered, evolve
from vinculo.onboarding.domain.payer_events import PayerEvent, PayerRegistered


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterPayer:
    name: str
    tax_id: str
    agreement: str | None = None
    contact_name: str | None = None
    contact_phone: str | None = None
    contact_email: str | None = None
    registered_by: UUID
    now: datetime


PayerCommand: TypeAlias = RegisterPayer


class PayerRefused(Exception):
    """The payer's rules do not allow the command in its present state."""


class AnotherPayerIsHere(PayerRefused):
    def __init__(self) -> None:
        super().__init__("this stream belongs to a payer with another tax id")


def decide(command: PayerCommand, state: Payer) -> list[PayerEvent]:
    match command:
        case RegisterPayer():
            return register(command, state)
        case _:
            assert_never(command)


def register(command: RegisterPayer, state: Payer) -> list[PayerEvent]:
    match state:
        case Unregistered():
            registered = PayerRegistered(
                name=command.name,
                tax_id=command.tax_id,
                agreement=command.agreement,
                contact_name=command.contact_name,
                contact_phone=command.contact_phone,
                contact_email=command.contact_email,
                registered_by=command.registered_by,
                registered_at=command.now,
            )
            return [registered]
        case Registered(tax_id=tax_id) if tax_id == command.tax_id:
            return []
        case Registered():
            raise AnotherPayerIsHere
        case _:
            assert_never(state)


PAYER: Decider[PayerCommand, Payer, PayerEvent] = Decider(decide, evolve, Unregistered())
