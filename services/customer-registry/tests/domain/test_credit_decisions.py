"""Which reports are recorded: newer ones, every stage once, and moves of what is present."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

from vinculo.customer_registry.domain.credit import (
    CreditApplicationRecorded,
    CreditLimitRecorded,
    LoanMovedAway,
    LoanRecorded,
)
from vinculo.customer_registry.domain.credit_decisions import CREDIT, MoveAway, RecordReport
from vinculo.customer_registry.domain.credit_refusal import (
    CREDIT_REFUSAL,
    CreditReportRefused,
    PublishRefusal,
)
from vinculo.events.testing import Scenario

THEN = datetime(2026, 11, 5, 14, tzinfo=UTC)
LOAN = LoanRecorded(
    source="/core-bank",
    report="loan-opened",
    loan_id="L-1",
    loan_version=2,
    status="active",
    active=True,
    currency="COP",
    principal_cents=5,
    outstanding_cents=5,
    disbursed_at=THEN,
    closed_at=None,
    replaced_by_loan_id=None,
    reported_at=THEN,
)
AWAY = LoanMovedAway(
    source="/core-bank", loan_id="L-1", loan_version=3, to_person_id=UUID(int=7), reported_at=THEN
)
APPLICATION = CreditApplicationRecorded(
    source="/core-bank",
    application_id="S-1",
    application_version=3,
    line="libranza",
    stage="approval",
    stage_name=None,
    status="open",
    currency="COP",
    requested_cents=5,
    approved_cents=None,
    submitted_at=THEN,
    stage_since=THEN,
    reported_at=THEN,
)
LIMIT = CreditLimitRecorded(
    source="/core-bank",
    limit_cents=5,
    currency="COP",
    limit_version=2,
    valid_until=None,
    reported_at=THEN,
)


def test_the_first_report_of_a_loan_is_recorded() -> None:
    Scenario(CREDIT).given().when(RecordReport(LOAN)).then(LOAN)


def test_the_same_and_an_older_version_of_a_loan_record_nothing() -> None:
    older = replace(LOAN, loan_version=1)
    Scenario(CREDIT).given(LOAN).when(RecordReport(LOAN)).then()
    Scenario(CREDIT).given(LOAN).when(RecordReport(older)).then()


def test_a_present_loan_moves_away_and_comes_back_with_a_newer_version() -> None:
    back = replace(LOAN, loan_version=4)
    Scenario(CREDIT).given(LOAN).when(MoveAway(AWAY)).then(AWAY)
    Scenario(CREDIT).given(LOAN, AWAY).when(RecordReport(back)).then(back)


def test_what_is_not_present_does_not_move_away() -> None:
    again = replace(AWAY, loan_version=9)
    Scenario(CREDIT).given().when(MoveAway(AWAY)).then()
    Scenario(CREDIT).given(LOAN, AWAY).when(MoveAway(again)).then()
    Scenario(CREDIT).given(replace(LOAN, loan_version=5)).when(MoveAway(AWAY)).then()


def test_an_older_stage_of_an_application_is_recorded_once() -> None:
    older = replace(APPLICATION, application_version=2, stage="study")
    Scenario(CREDIT).given(APPLICATION).when(RecordReport(older)).then(older)
    Scenario(CREDIT).given(APPLICATION, older).when(RecordReport(older)).then()


def test_an_older_limit_records_nothing() -> None:
    newer = replace(LIMIT, limit_version=3)
    Scenario(CREDIT).given(LIMIT).when(RecordReport(newer)).then(newer)
    Scenario(CREDIT).given(newer).when(RecordReport(LIMIT)).then()


def test_a_refusal_is_published_once() -> None:
    refusal = CreditReportRefused(
        topic="credit.loans",
        partition=1,
        offset=2,
        reported_event_id=None,
        reason_code="value-invalid",
        refused_at=THEN,
    )
    Scenario(CREDIT_REFUSAL).given().when(PublishRefusal(refusal)).then(refusal)
    Scenario(CREDIT_REFUSAL).given(refusal).when(PublishRefusal(refusal)).then()
