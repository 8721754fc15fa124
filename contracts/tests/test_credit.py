"""Credit systems' reports are read strictly: published types and bounds, one meaning."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from vinculo.contracts import Facts, parse_strictly, topics
from vinculo.contracts.credit import Loan, LoanStatus, is_timestamp

from .golden_examples import ALL_EXAMPLES, Example

REPORTS = [example for example in ALL_EXAMPLES if example.topic.startswith("credit.")]
(OPENED,) = [example for example in REPORTS if example.event_type == "loan-opened.v1"]


def read(event_type: str = "loan-opened.v1", **changes: Any) -> Facts | None:
    value = json.dumps(OPENED.value | changes).encode()
    return parse_strictly(topics.CREDIT_LOANS, event_type, value)


@pytest.mark.parametrize("example", REPORTS, ids=str)
def test_the_golden_examples_are_read_strictly(example: Example) -> None:
    assert parse_strictly(example.topic, example.event_type, example.value_bytes) is not None


def test_a_version_may_be_any_integer_that_json_readers_read_exactly() -> None:
    assert read(loan_version=1795892065414)
    assert read(loan_version=2**53 - 1)
    with pytest.raises(ValidationError):
        read(loan_version=2**53)


@pytest.mark.parametrize(
    "change",
    [
        {"loan_version": "1"},
        {"loan_version": 1.0},
        {"loan_version": True},
        {"loan_id": 7},
        {"loan_id": "x" * 201},
        {"principal_cents": "500"},
        {"reported_at": 1_700_000_000},
        {"reported_at": "2026-01-01"},
        {"reported_at": "2026-01-01 10:00:00Z"},
        {"closed_at": "never"},
    ],
    ids=str,
)
def test_a_value_of_another_type_or_form_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(**change)


def test_an_unknown_status_is_active_and_an_unknown_field_is_ignored() -> None:
    loan = read("loan-reported.v1", status="restructured", added_later={"a": [1]})

    assert isinstance(loan, Loan)
    assert (loan.status, loan.is_active) == ("restructured", True)


@pytest.mark.parametrize("status", LoanStatus)
def test_only_an_active_loan_of_the_known_statuses_is_active(status: LoanStatus) -> None:
    loan = read("loan-reported.v1", status=status.value)

    assert isinstance(loan, Loan)
    assert loan.is_active == (status is LoanStatus.ACTIVE)


@pytest.mark.parametrize(
    ("event_type", "status"),
    [
        ("loan-opened.v1", "closed"),
        ("loan-closed.v1", "active"),
        ("loan-refinanced.v1", "closed"),
        ("loan-written-off.v1", "restructured"),
        ("loan-cancelled.v1", "active"),
    ],
)
def test_a_status_that_contradicts_the_type_is_refused(event_type: str, status: str) -> None:
    with pytest.raises(ValidationError, match="not that of the event type"):
        read(event_type, status=status)


def test_a_loan_that_replaces_itself_is_refused() -> None:
    with pytest.raises(ValidationError, match="replaced by itself"):
        read("loan-reported.v1", replaced_by_loan_id=OPENED.value["loan_id"])


@pytest.mark.parametrize(
    ("text", "is_valid"),
    [
        ("2026-01-01T10:00:00Z", True),
        ("2026-01-01t10:00:00.123456789-05:00", True),
        ("2026-01-01T10:00:00", False),
        ("2026-01-01", False),
        ("20260101T100000Z", False),
        ("2026-01-01T10:00:00Z ", False),
    ],
)
def test_the_form_of_rfc_3339_is_recognised(text: str, is_valid: bool) -> None:  # noqa: FBT001 - a case
    assert is_timestamp(text) == is_valid
