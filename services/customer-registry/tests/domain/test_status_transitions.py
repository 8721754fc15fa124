"""The complete table of status changes by operators: every record, every requested status."""

from dataclasses import replace
from typing import TypeAlias

import pytest

from vinculo.customer_registry.domain.customer import (
    Cause,
    ErasureReason,
    InternalUserRevoked,
    ReasonCode,
    RecordBlocked,
    RecordDisabled,
    RecordEnabled,
    RecordSetPending,
    RecordUnblocked,
    RevocationCause,
    Status,
    StatusNote,
)
from vinculo.customer_registry.domain.customer_decisions import CUSTOMER
from vinculo.customer_registry.domain.customer_refusals import (
    ActivationOutstanding,
    CannotChangeOwnRecord,
    CustomerRefused,
    IdentityIsDisputed,
    NoteIsMissing,
    PersonIsUnknown,
    ReasonDoesNotFit,
    ReasonIsReserved,
    RecordIsBlocked,
    RecordIsErased,
    RequirementsNotMet,
    TransitionNotAllowed,
    UnblockingNeedsAdministrator,
)
from vinculo.customer_registry.domain.status_transitions import (
    FITTING_REASONS,
    BlockDisputedIdentity,
    possible_changes,
)
from vinculo.events.testing import Scenario

from ..record_histories import (
    ERASED,
    GRANTED,
    HISTORIES,
    MISSING,
    NOW,
    OPERATOR,
    PENDING,
    PERSON,
    change,
    erase,
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


BLOCK_DISPUTED = BlockDisputedIdentity(by=OPERATOR, now=NOW)


def disputed(from_status: Status) -> RecordBlocked:
    return RecordBlocked(
        from_status=from_status,
        cause=Cause.IDENTITY_DISPUTED,
        reason_code=ReasonCode.IDENTITY_DISPUTED,
        blocked_by=OPERATOR,
        blocked_at=NOW,
    )


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("pre_customer pending", Status.PENDING),
        ("pre_customer blocked", Status.BLOCKED),
        ("customer enabled", Status.ENABLED),
        ("customer blocked", Status.BLOCKED),
    ],
)
def test_a_granted_claim_blocks_the_holder_once(name: str, status: Status) -> None:
    history = HISTORIES[name]
    record.given(*history).when(BLOCK_DISPUTED).then(disputed(status))
    record.given(*history, disputed(status)).when(BLOCK_DISPUTED).then_nothing_happens()


def test_a_granted_claim_revokes_the_internal_role() -> None:
    record.given(*HISTORIES["customer enabled"], GRANTED).when(BLOCK_DISPUTED).then(
        disputed(Status.ENABLED),
        InternalUserRevoked(
            cause=RevocationCause.RECORD_BLOCKED,
            reason_code="identity_disputed",
            revoked_by=None,
            revoked_at=NOW,
        ),
    )


def test_an_unknown_holder_is_refused_and_an_erased_one_ignored() -> None:
    record.given().when(BLOCK_DISPUTED).then_refused(PersonIsUnknown)
    record.given(*HISTORIES["pre_customer pending"], ERASED).when(
        BLOCK_DISPUTED
    ).then_nothing_happens()


@pytest.mark.parametrize("name", ["pre_customer pending", "customer enabled"])
def test_a_disputed_record_is_never_unblocked_and_can_be_erased(name: str) -> None:
    history = (*HISTORIES[name], disputed(Status.PENDING))
    record.given(*history).when(change(Status.PENDING, may_unblock=True)).then_refused(
        IdentityIsDisputed
    )
    record.given(*history).when(erase()).then(
        replace(ERASED, reason_code=ErasureReason.DUPLICATE, erased_at=NOW)
    )


def test_operators_do_not_give_the_reason_of_granted_claims() -> None:
    record.given(*HISTORIES["pre_customer pending"]).when(
        change(Status.BLOCKED, reason_code=ReasonCode.IDENTITY_DISPUTED)
    ).then_refused(ReasonIsReserved)


@pytest.mark.parametrize("reason", ReasonCode)
@pytest.mark.parametrize("name", ["customer enabled", "customer disabled", "customer blocked"])
def test_a_reason_fits_the_change(name: str, reason: ReasonCode) -> None:
    state = CUSTOMER.fold(HISTORIES[name])
    for status, fitting in possible_changes(state, may_unblock=True).items():
        command = change(status, reason_code=reason, note="Una nota", may_unblock=True)
        if reason in fitting:
            assert len(CUSTOMER.decide(command, state)) == 1
        else:
            with pytest.raises((ReasonDoesNotFit, ReasonIsReserved)):
                CUSTOMER.decide(command, state)


@pytest.mark.parametrize(
    ("name", "to", "reason"),
    [
        ("customer disabled", Status.ENABLED, ReasonCode.FRAUD_SUSPECTED),
        ("customer enabled", Status.BLOCKED, ReasonCode.REACTIVATED),
        ("customer blocked", Status.PENDING, ReasonCode.FRAUD_SUSPECTED),
    ],
)
def test_a_reason_that_says_the_opposite_is_refused(
    name: str, to: Status, reason: ReasonCode
) -> None:
    record.given(*HISTORIES[name]).when(
        change(to, reason_code=reason, may_unblock=True)
    ).then_refused(ReasonDoesNotFit)


def test_another_reason_needs_a_note() -> None:
    history = HISTORIES["customer enabled"]
    record.given(*history).when(change(Status.DISABLED, reason_code=ReasonCode.OTHER)).then_refused(
        NoteIsMissing
    )
    record.given(*history).when(
        change(Status.DISABLED, reason_code=ReasonCode.OTHER, note="Se muda al exterior")
    ).then(
        RecordDisabled(
            from_status=Status.ENABLED,
            cause=Cause.OPERATOR,
            reason_code=ReasonCode.OTHER,
            disabled_by=OPERATOR,
            disabled_at=NOW,
            personal=StatusNote(note="Se muda al exterior"),
        )
    )


def test_no_operator_may_give_the_reason_of_granted_claims() -> None:
    assert all(ReasonCode.IDENTITY_DISPUTED not in fitting for fitting in FITTING_REASONS.values())


@pytest.mark.parametrize(
    ("name", "role", "expected"),
    [
        ("pre_customer pending", "admin", [Status.DISABLED, Status.BLOCKED]),
        ("customer enabled", "operator", [Status.PENDING, Status.DISABLED, Status.BLOCKED]),
        ("customer blocked", "operator", []),
        ("customer blocked", "admin", [Status.PENDING]),
    ],
)
def test_the_changes_that_are_possible_are_known(
    name: str, role: str, expected: list[Status]
) -> None:
    state = CUSTOMER.fold(HISTORIES[name])

    assert list(possible_changes(state, may_unblock=role == "admin")) == expected


def test_nothing_can_be_changed_of_an_erased_or_unknown_record() -> None:
    for history in ((), (*HISTORIES["customer enabled"], ERASED)):
        assert possible_changes(CUSTOMER.fold(history), may_unblock=True) == {}
