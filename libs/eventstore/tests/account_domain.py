"""A small aggregate for the tests: an account of which money is paid in and taken out."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, assert_never
from uuid import UUID

from vinculo.events.decider import Decider
from vinculo.events.personal import Erased, Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOpened:
    account_id: UUID
    opened_at: datetime
    personal: Holder | Sealed | Erased


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyPaidIn:
    amount_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLeft:
    personal: Holder | Sealed | Erased | None = None


AccountEvent: TypeAlias = AccountOpened | MoneyPaidIn | NoteLeft


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    is_open: bool = False
    balance_cents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAccount:
    account_id: UUID
    name: str
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PayIn:
    amount_cents: int


AccountCommand: TypeAlias = OpenAccount | PayIn


class AccountRefused(Exception):
    pass


class NotOpen(AccountRefused):
    pass


def decide(command: AccountCommand, state: Account) -> list[AccountEvent]:
    match command:
        case OpenAccount():
            if state.is_open:
                return []
            return [
                AccountOpened(
                    account_id=command.account_id,
                    opened_at=command.now,
                    personal=Holder(name=command.name),
                )
            ]
        case PayIn():
            if not state.is_open:
                raise NotOpen("the account is not open")
            return [MoneyPaidIn(amount_cents=command.amount_cents)]
        case _:
            assert_never(command)


def evolve(state: Account, event: AccountEvent) -> Account:
    match event:
        case AccountOpened():
            return Account(is_open=True)
        case MoneyPaidIn():
            return Account(
                is_open=state.is_open, balance_cents=state.balance_cents + event.amount_cents
            )
        case NoteLeft():
            return state
        case _:
            assert_never(event)


ACCOUNT: Decider[AccountCommand, Account, AccountEvent] = Decider(decide, evolve, Account())
