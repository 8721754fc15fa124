"""The complete table of status changes by operators: every record, every requested status."""

from typing import TypeAlias

import pytest

from vinculo.customer_registry.domain.customer import (
    Cause,
    ReasonCode,
    RecordBlocked,
    RecordDisabled,
    RecordEnabled,
    RecordSetPending,
    RecordUnblocked,
    Status,
    StatusNote,
)
from vinculo.customer_registry.domain.customer_decisions import CUSTOMER
from vinculo.customer_registry.domain.customer_refusals import (
    ActivationOutstanding,
    CannotChangeOwnRecord,
    CustomerRefused,
    PersonIsUnknown,
    RecordIsBlocked,
    RecordIsErased,
    RequirementsNotMet,
    TransitionNotAllowed,
    UnblockingNeedsAdministrator,
)
from vinculo.events.testing import Scenario

from ..record_histories import (
    ERASED,
    HISTORIES,
    MISSING,
    NOW,
    OPERATOR,
    PENDING,
    PERSON,
    change,
    evaluated,
)

record = Scenario(CUSTOMER)

Expected: TypeAlias = type[object] | tuple[type[object], Status] | None

WAITING, PENDING_, ENABLED, DISABLED, BLOCKED = Status
UNBLOCKED = (RecordUnblocked, Status.PENDING)

TRANSITIONS: dict[str, dict[Status, Expected]] = {
    "pre_customer pending_email_verification": {
        WAITING: None,
        PENDING_: ActivationOutstanding,
        ENABLED: RequirementsNotMet,
        DISABLED: ActivationOutstanding,
        BLOCKED: RecordBlocked,
    },
    "pre_customer pending": {
        WAITING: TransitionNotAllowed,
        PENDING_: None,
        ENABLED: RequirementsNotMet,
        DISABLED: RecordDisabled,
        BLOCKED: RecordBlocked,
    },
    "pre_customer disabled": {
        WAITING: TransitionNotAllowed,
        PENDING_: RecordSetPending,
        ENABLED: RequirementsNotMet,
        DISABLED: None,
        BLOCKED: RecordBlocked,
    },
    "pre_customer blocked": {
        WAITING: RecordIsBlocked,
        PENDING_: UNBLOCKED,
        ENABLED: RequirementsNotMet,
        DISABLED: RecordIsBlocked,
        BLOCKED: None,
    },
    "pre_customer blocked, never activated": {
        WAITING: (RecordUnblocked, Status.PENDING_EMAIL_VERIFICATION),
        PENDING_: (RecordUnblocked, Status.PENDING_EMAIL_VERIFICATION),
        ENABLED: RequirementsNotMet,
        DISABLED: RecordIsBlocked,
        BLOCKED: None,
    },
    "customer enabled": {
        WAITING: TransitionNotAllowed,
        PENDING_: RecordSetPending,
        ENABLED: None,
        DISABLED: RecordDisabled,
        BLOCKED: RecordBlocked,
    },
    "customer pending": {
        WAITING: TransitionNotAllowed,
        PENDING_: None,
        ENABLED: RecordEnabled,
        DISABLED: RecordDisabled,
        BLOCKED: RecordBlocked,
    },
    "customer disabled": {
        WAITING: TransitionNotAllowed,
        PENDING_: RecordSetPending,
        ENABLED: RecordEnabled,
        DISABLED: None,
        BLOCKED: RecordBlocked,
    },
    "customer blocked": {
        WAITING: RecordIsBlocked,
        PENDING_: UNBLOCKED,
        ENABLED: RecordIsBlocked,
        DISABLED: RecordIsBlocked,
        BLOCKED: None,
    },
}


def test_the_table_has_every_record_and_every_status() -> None:
    assert TRANSITIONS.keys() == HISTORIES.keys()
    assert all(set(row) == set(Status) for row in TRANSITIONS.values())


@pytest.mark.parametrize(
    ("name", "to", "expected"),
    [(name, to, expected) for name, row in TRANSITIONS.items() for to, expected in row.items()],
)
def test_administrators_make_the_transitions_of_the_table(
    name: str, to: Status, expected: Expected
) -> None:
    attempt = record.given(*HISTORIES[name]).when(change(to, may_unblock=True))
    if expected is None:
        attempt.then_nothing_happens()
        return
    kind, status = expected if isinstance(expected, tuple) else (expected, to)
    if issubclass(kind, CustomerRefused):
        attempt.then_refused(kind)
        return
    before = CUSTOMER.fold(HISTORIES[name])
    (event,) = CUSTOMER.decide(change(to, may_unblock=True), before)
    after = CUSTOMER.evolve(before, event)
    assert isinstance(event, kind)
    assert isinstance(event, RecordEnabled | RecordSetPending | RecordDisabled | RecordBlocked | RecordUnblocked)  # fmt: skip  # noqa: E501
    assert (event.from_status, event.to_status) == (before.status, status)  # type: ignore[union-attr]
    assert after.status is status  # type: ignore[union-attr]
    assert type(after) is type(before)


@pytest.mark.parametrize("name", [name for name in HISTORIES if "blocked" in name])
def test_operators_cannot_unblock(name: str) -> None:
    record.given(*HISTORIES[name]).when(change(Status.PENDING)).then_refused(
        UnblockingNeedsAdministrator
    )


def test_a_change_records_who_when_why_and_a_separate_note() -> None:
    command = change(Status.BLOCKED, reason_code=ReasonCode.FRAUD_SUSPECTED, note="Two selfies.")

    record.given(*PENDING).when(command).then(
        RecordBlocked(
            from_status=Status.PENDING,
            cause=Cause.OPERATOR,
            reason_code=ReasonCode.FRAUD_SUSPECTED,
            blocked_by=OPERATOR,
            blocked_at=NOW,
            personal=StatusNote(note="Two selfies."),
        )
    )


def test_enabling_a_pre_customer_is_refused_with_the_unmet_requirements() -> None:
    record.given(*PENDING, evaluated(MISSING)).when(change(Status.ENABLED)).then_refused(
        RequirementsNotMet, "documents_accepted"
    )


@pytest.mark.parametrize("to", Status)
def test_changing_ones_own_record_is_refused(to: Status) -> None:
    record.given(*PENDING).when(change(to, by=PERSON)).then_refused(CannotChangeOwnRecord)


@pytest.mark.parametrize("to", Status)
def test_an_unknown_person_has_no_status_to_change(to: Status) -> None:
    record.given().when(change(to)).then_refused(PersonIsUnknown)


@pytest.mark.parametrize("to", Status)
def test_an_erased_record_has_no_status_to_change(to: Status) -> None:
    record.given(*PENDING, ERASED).when(change(to)).then_refused(RecordIsErased)
