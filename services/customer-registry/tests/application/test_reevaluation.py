"""What follows from an evaluation, and evaluations of personal facts on a real database."""

from pathlib import Path
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
    Kind,
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

from ..incoming_events import Applicant
from ..policy_files import ADULTS, written
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
from ..registry_harness import RegistryHarness

UNBLOCKED = RecordUnblocked(
    to_status=Status.PENDING_EMAIL_VERIFICATION,
    cause=Cause.OPERATOR,
    reason_code=ReasonCode.MISTAKE,
    unblocked_by=OPERATOR,
    unblocked_at=THEN,
)


def command_types(
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


def test_a_pending_record_that_meets_all_requirements_is_promoted() -> None:
    assert command_types(*PENDING) == [RecordEvaluation, Promote]


def test_before_the_completion_the_evaluation_is_only_recorded() -> None:
    assert command_types(*PENDING, completed=False) == [RecordEvaluation]


def test_with_an_unmet_requirement_the_evaluation_is_only_recorded() -> None:
    assert command_types(*PENDING, result=MISSING) == [RecordEvaluation]


@pytest.mark.parametrize("name", [name for name in HISTORIES if name != "pre_customer pending"])
def test_in_any_other_status_the_evaluation_is_only_recorded(name: str) -> None:
    assert command_types(*HISTORIES[name]) == [RecordEvaluation]


def test_unknown_and_erased_records_are_not_evaluated() -> None:
    assert command_types() == []
    assert command_types(*PENDING, ERASED) == []
    assert not is_registered(CUSTOMER.fold(()))
    assert not is_registered(CUSTOMER.fold((*PENDING, ERASED)))


@pytest.mark.parametrize("verified", [True, False])
def test_an_address_verified_while_blocked_activates_after_unblocking(verified: bool) -> None:  # noqa: FBT001 - parametrized
    block: RecordBlocked = blocked(Status.PENDING_EMAIL_VERIFICATION)

    def outstanding(*history: CustomerEvent) -> list[CustomerCommand]:
        state = CUSTOMER.fold(history)
        return outstanding_activation(state, email_verified=verified, project="express", now=NOW)

    assert outstanding(REGISTERED, block) == []
    expected = [ActivatePreCustomer(project="express", now=NOW)] if verified else []
    assert outstanding(REGISTERED, block, UNBLOCKED) == expected
    assert outstanding(*NEW) == expected
    assert outstanding(*PENDING) == []


@pytest.mark.servers
async def test_a_personal_fact_is_decrypted_for_its_rule_and_its_value_is_stored_encrypted(
    new_registry: RegistryHarness, tmp_path: Path
) -> None:
    await new_registry.publish(written(tmp_path, ADULTS))
    applicant = Applicant(birth_date="2000-01-01")
    await new_registry.report(applicant.loan("A", 1))
    await new_registry.make_pending(applicant)

    events = await new_registry.events(applicant.person_id)

    assert (await new_registry.record(applicant.person_id)).record.kind is Kind.CUSTOMER
    evaluated = next(event for event in events if event.type == "requirements-evaluated.v1")
    assert "26" not in str(evaluated.data["results"][0]["observed"])
    assert evaluated.personal is not None
    decrypted = await new_registry.keys.decrypt(
        applicant.person_id, evaluated.event_id, evaluated.personal
    )
    assert decrypted == {"v": 1, "observed": {"age_years": 26}}


@pytest.mark.servers
async def test_a_rule_with_an_evaluation_error_is_counted(
    new_registry: RegistryHarness, tmp_path: Path
) -> None:
    await new_registry.publish(written(tmp_path, ADULTS))
    applicant = Applicant()
    await new_registry.make_pending(applicant)

    outcomes = await new_registry.outcomes(applicant.person_id)
    assert list(outcomes.values()) == ["met", "failed"]
    assert new_registry.metric("vinculo_rule_errors_total", requirement="few_loans")
