from datetime import UTC, datetime
from uuid import UUID

import pytest

from vinculo.eventstore.testing import Scenario

from .ledger_domain import ACCOUNT, AccountOpened, Holder, MoneyPaidIn, NotOpen, OpenAccount, PayIn

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OPENED = AccountOpened(account_id=UUID(int=1), opened_at=NOW, personal=Holder(name="Ana"))
OPEN = OpenAccount(account_id=UUID(int=1), name="Ana", now=NOW)
account = Scenario(ACCOUNT)


def test_what_happens_is_compared() -> None:
    account.given().when(OPEN).then(OPENED)
    account.given(OPENED).when(PayIn(amount_cents=5)).then(MoneyPaidIn(amount_cents=5))

    with pytest.raises(AssertionError):
        account.given(OPENED).when(PayIn(amount_cents=5)).then(MoneyPaidIn(amount_cents=6))


def test_that_nothing_happens_is_held() -> None:
    account.given(OPENED).when(OPEN).then_nothing_happens()

    with pytest.raises(AssertionError):
        account.given().when(OPEN).then_nothing_happens()


def test_a_refusal_is_held_to_its_class_and_words() -> None:
    refused = account.given().when(PayIn(amount_cents=5))

    refused.then_refused(NotOpen)
    refused.then_refused(NotOpen, match="not open")
    with pytest.raises(AssertionError, match="does not match"):
        refused.then_refused(NotOpen, match="closed")


def test_what_is_not_refused_is_told() -> None:
    with pytest.raises(AssertionError, match="not refused by NotOpen"):
        account.given().when(OPEN).then_refused(NotOpen)


def test_another_error_than_the_expected_goes_through() -> None:
    with pytest.raises(NotOpen):
        account.given().when(PayIn(amount_cents=5)).then_refused(KeyError)
