from dataclasses import dataclass

import pytest

from vinculo.events import Decider
from vinculo.events.testing import Scenario


@dataclass(frozen=True)
class Open:
    pass


@dataclass(frozen=True)
class Opened:
    pass


@dataclass(frozen=True)
class PayIn:
    amount_cents: int


@dataclass(frozen=True)
class PaidIn:
    amount_cents: int


class NotOpen(Exception):
    pass


def decide(command: Open | PayIn, is_open: bool) -> list[Opened | PaidIn]:  # noqa: FBT001 - the state
    if isinstance(command, Open):
        return [] if is_open else [Opened()]
    if not is_open:
        raise NotOpen("the account is not open")
    return [PaidIn(command.amount_cents)]


def evolve(is_open: bool, event: Opened | PaidIn) -> bool:  # noqa: FBT001 - the state
    return is_open or isinstance(event, Opened)


ACCOUNT: Decider[Open | PayIn, bool, Opened | PaidIn] = Decider(decide, evolve, initial=False)
account = Scenario(ACCOUNT)


def test_decided_events_are_compared() -> None:
    account.given().when(Open()).then(Opened())
    account.given(Opened()).when(PayIn(5)).then(PaidIn(5))

    with pytest.raises(AssertionError):
        account.given(Opened()).when(PayIn(5)).then(PaidIn(6))


def test_no_event_differs_from_an_event() -> None:
    account.given(Opened()).when(Open()).then_nothing_happens()

    with pytest.raises(AssertionError):
        account.given().when(Open()).then_nothing_happens()


def test_a_refusal_is_compared_by_class_and_message() -> None:
    refused = account.given().when(PayIn(5))

    refused.then_refused(NotOpen)
    refused.then_refused(NotOpen, match="not open")
    with pytest.raises(AssertionError, match="does not match"):
        refused.then_refused(NotOpen, match="closed")


def test_a_command_that_is_not_refused_is_reported() -> None:
    with pytest.raises(AssertionError, match="not refused by NotOpen"):
        account.given().when(Open()).then_refused(NotOpen)


def test_another_error_than_the_expected_is_raised() -> None:
    with pytest.raises(NotOpen):
        account.given().when(PayIn(5)).then_refused(KeyError)
