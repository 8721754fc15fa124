from typing import cast

import pytest

from vinculo.customer_registry.application.reevaluation import (
    commands_after_evaluation,
    is_registered,
    outstanding_activation,
)
from vinculo.customer_registry.domain.customer import (
    Cause,
    CustomerEvent,
    ReasonCode,
    RecordBlocked,
    RecordUnblocked,
    Status,
)
from vinculo.customer_registry.domain.customer_decisions import (
    CUSTOMER,
    ActivatePreCustomer,
    CustomerCommand,
    Promote,
    RecordEvaluation,
)
from vinculo.customer_registry.domain.requirements import RequirementResult

from ..record_histories import (
    CUSTOMER_ID,
    ERASED,
    HISTORIES,
    MET,
    MISSING,
    NEW,
    NOW,
    OPERATOR,
    PENDING,
    REGISTERED,
    THEN,
    blocked,
    evaluation,
)

UNBLOCKED = RecordUnblocked(
    to_status=Status.PENDING_EMAIL_VERIFICATION,
    cause=Cause.OPERATOR,
    reason_code=ReasonCode.MISTAKE,
    unblocked_by=OPERATOR,
    unblocked_at=THEN,
)


def reaction(
    *history: CustomerEvent, result: RequirementResult = MET, completed: bool = True
) -> list[type[CustomerCommand]]:
    commands = commands_after_evaluation(
        CUSTOMER.fold(history),
        evaluation(result),
        completed_at=THEN if completed else None,
        customer_id=CUSTOMER_ID,
        now=NOW,
    )
    return cast("list[type[CustomerCommand]]", [type(command) for command in commands])


def test_who_is_pending_and_met_everything_is_promoted() -> None:
    assert reaction(*PENDING) == [RecordEvaluation, Promote]


def test_without_completion_the_outcome_is_only_recorded() -> None:
    assert reaction(*PENDING, completed=False) == [RecordEvaluation]


def test_with_a_requirement_open_the_outcome_is_only_recorded() -> None:
    assert reaction(*PENDING, result=MISSING) == [RecordEvaluation]


@pytest.mark.parametrize("name", [name for name in HISTORIES if name != "pre_customer pending"])
def test_in_any_other_status_the_outcome_is_only_recorded(name: str) -> None:
    assert reaction(*HISTORIES[name]) == [RecordEvaluation]


def test_of_nobody_and_of_the_erased_nothing_is_recorded() -> None:
    assert reaction() == []
    assert reaction(*PENDING, ERASED) == []
    assert not is_registered(CUSTOMER.fold(()))
    assert not is_registered(CUSTOMER.fold((*PENDING, ERASED)))


@pytest.mark.parametrize("verified", [True, False])
def test_an_address_verified_while_blocked_activates_once_unblocked(verified: bool) -> None:  # noqa: FBT001 - parametrized
    block: RecordBlocked = blocked(Status.PENDING_EMAIL_VERIFICATION)

    def outstanding(*history: CustomerEvent) -> list[CustomerCommand]:
        state = CUSTOMER.fold(history)
        return outstanding_activation(state, email_verified=verified, now=NOW)

    assert outstanding(REGISTERED, block) == []
    expected = [ActivatePreCustomer(now=NOW)] if verified else []
    assert outstanding(REGISTERED, block, UNBLOCKED) == expected
    assert outstanding(*NEW) == expected
    assert outstanding(*PENDING) == []
