"""Registration, activation, evaluation, promotion and erasure of a person's record."""

from datetime import timedelta

import pytest

from vinculo.customer_registry.domain.customer import (
    ErasureReason,
    PreCustomerActivated,
    PreCustomerPromoted,
    PreCustomerRegistered,
    RecordErased,
    RequirementsEvaluated,
    Status,
)
from vinculo.customer_registry.domain.customer_decisions import (
    CUSTOMER,
    ActivatePreCustomer,
    CustomerCommand,
    RegisterPreCustomer,
)
from vinculo.customer_registry.domain.customer_refusals import (
    CannotChangeOwnRecord,
    NotPending,
    PersonIsUnknown,
    RecordIsBlocked,
    RequirementsNotMet,
)
from vinculo.customer_registry.domain.requirements import ObservedValues
from vinculo.events.testing import Scenario

from .. import record_histories as histories
from ..record_histories import (
    CUSTOMER_ID,
    ERASURE,
    HISTORIES,
    MET,
    MISSING,
    NEW,
    NOW,
    OPERATOR,
    PENDING,
    PERSON,
    THEN,
    evaluated,
)

record = Scenario(CUSTOMER)

REGISTER = RegisterPreCustomer(registration_number=7, project="default", registered_at=THEN)
ACTIVATE = ActivatePreCustomer(now=NOW)


def test_an_application_makes_a_pre_customer_with_a_number() -> None:
    record.given().when(REGISTER).then(
        PreCustomerRegistered(registration_number=7, project="default", registered_at=THEN)
    )


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_registering_again_records_nothing(history: tuple[object, ...]) -> None:
    record.given(*history).when(REGISTER).then_nothing_happens()  # type: ignore[arg-type]


def test_a_verified_address_activates_a_new_pre_customer() -> None:
    record.given(*NEW).when(ACTIVATE).then(
        PreCustomerActivated(from_status=Status.PENDING_EMAIL_VERIFICATION, activated_at=NOW)
    )


def test_nobody_unknown_is_activated() -> None:
    record.given().when(ACTIVATE).then_refused(PersonIsUnknown)


@pytest.mark.parametrize("history", [history for history in HISTORIES.values() if history != NEW])
def test_activating_anyone_else_records_nothing(history: tuple[object, ...]) -> None:
    record.given(*history).when(ACTIVATE).then_nothing_happens()  # type: ignore[arg-type]


def test_an_evaluation_is_recorded_with_its_results_and_its_personal_values_apart() -> None:
    observed = ObservedValues(observed={"age_years": 30})

    record.given(*NEW).when(histories.record_evaluation(MISSING, observed=observed)).then(
        RequirementsEvaluated(
            project="default",
            policy="reviewed",
            policy_version=1,
            all_met=False,
            results=(MISSING,),
            evaluated_at=NOW,
            personal=observed,
        )
    )


def test_the_same_outcome_again_is_not_recorded_even_with_other_evidence() -> None:
    again = histories.record_evaluation(MISSING)

    record.given(*NEW, evaluated(MISSING)).when(again).then_nothing_happens()


def test_another_outcome_is_recorded() -> None:
    events = record.given(*NEW, evaluated(MISSING)).when(histories.record_evaluation(MET))

    events.then(
        RequirementsEvaluated(
            project="default",
            policy="reviewed",
            policy_version=1,
            all_met=True,
            results=(MET,),
            evaluated_at=NOW,
        )
    )


def test_the_same_outcome_under_another_version_is_recorded() -> None:
    command = histories.record_evaluation(MET, policy_version=2)

    record.given(*NEW, evaluated(MET)).when(command).then(
        RequirementsEvaluated(
            project="default",
            policy="reviewed",
            policy_version=2,
            all_met=True,
            results=(MET,),
            evaluated_at=NOW,
        )
    )


def test_nobody_unknown_is_evaluated() -> None:
    record.given().when(histories.record_evaluation(MET)).then_refused(PersonIsUnknown)


def test_who_met_everything_is_promoted_with_a_new_id_and_all_three_dates() -> None:
    record.given(*PENDING).when(histories.promote()).then(
        PreCustomerPromoted(
            customer_id=CUSTOMER_ID,
            project="default",
            policy="reviewed",
            policy_version=1,
            results=(MET,),
            from_status=Status.PENDING,
            registered_at=THEN,
            completed_at=THEN + timedelta(hours=2),
            promoted_at=NOW,
        )
    )


@pytest.mark.parametrize(
    "name",
    [
        "pre_customer pending_email_verification",
        "pre_customer disabled",
        "pre_customer blocked",
        "pre_customer blocked, never activated",
    ],
)
def test_nobody_is_promoted_but_from_pending(name: str) -> None:
    record.given(*HISTORIES[name]).when(histories.promote()).then_refused(NotPending)


def test_nobody_is_promoted_with_a_requirement_open() -> None:
    command = histories.promote(evaluation=histories.evaluation(MISSING))

    record.given(*PENDING).when(command).then_refused(RequirementsNotMet, "documents_accepted")


def test_nobody_is_promoted_before_completing_the_onboarding_whatever_the_policy_says() -> None:
    command = histories.promote(completed_at=None)

    record.given(*PENDING).when(command).then_refused(RequirementsNotMet, "completion")


def test_nobody_unknown_is_promoted() -> None:
    record.given().when(histories.promote()).then_refused(PersonIsUnknown)


@pytest.mark.parametrize("name", [name for name in HISTORIES if name.startswith("customer")])
def test_promoting_a_customer_again_records_nothing(name: str) -> None:
    record.given(*HISTORIES[name]).when(histories.promote()).then_nothing_happens()


@pytest.mark.parametrize("name", [name for name in HISTORIES if "blocked" not in name])
def test_a_record_is_erased_with_a_reason(name: str) -> None:
    record.given(*HISTORIES[name]).when(histories.erase()).then(
        RecordErased(
            erasure_id=ERASURE,
            reason_code=ErasureReason.DUPLICATE,
            erased_by=OPERATOR,
            erased_at=NOW,
        )
    )


@pytest.mark.parametrize("name", [name for name in HISTORIES if "blocked" in name])
def test_a_blocked_record_is_not_erased(name: str) -> None:
    record.given(*HISTORIES[name]).when(histories.erase()).then_refused(RecordIsBlocked)


def test_nobody_erases_the_own_record() -> None:
    record.given(*PENDING).when(histories.erase(by=PERSON)).then_refused(CannotChangeOwnRecord)


def test_nobody_unknown_is_erased() -> None:
    record.given().when(histories.erase()).then_refused(PersonIsUnknown)


@pytest.mark.parametrize(
    "command",
    [
        REGISTER,
        ACTIVATE,
        histories.record_evaluation(MET),
        histories.promote(),
        histories.erase(),
    ],
    ids=lambda command: type(command).__name__,
)
def test_nothing_more_is_recorded_of_who_is_erased(command: CustomerCommand) -> None:
    record.given(*PENDING, histories.ERASED).when(command).then_nothing_happens()
