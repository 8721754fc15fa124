"""Registration, activation and its lapse, evaluation, promotion and erasure of a record."""

from dataclasses import replace
from datetime import timedelta

import pytest

from vinculo.customer_registry.domain.customer import (
    Cause,
    CustomerEvent,
    ErasureReason,
    PreCustomerActivatedV2,
    PreCustomerPromoted,
    PreCustomerRegistered,
    ReasonCode,
    RecordBlocked,
    RecordDisabled,
    RecordErased,
    RecordUnblocked,
    RequirementsEvaluated,
    Status,
)
from vinculo.customer_registry.domain.customer_decisions import (
    CUSTOMER,
    ActivatePreCustomer,
    CustomerCommand,
    LapseActivation,
    RegisterPreCustomer,
)
from vinculo.customer_registry.domain.customer_refusals import (
    ActivationOutstanding,
    CannotChangeOwnRecord,
    NotPending,
    PersonIsUnknown,
    RecordIsBlocked,
    RequirementsNotMet,
)
from vinculo.customer_registry.domain.requirements import ObservedValues
from vinculo.events.testing import Scenario

from .. import record_histories
from ..record_histories import (
    CUSTOMER_ID,
    ERASED,
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
    blocked,
    change,
    evaluated,
)

record = Scenario(CUSTOMER)

REGISTER = RegisterPreCustomer(registration_number=7, project="default", registered_at=THEN)
ACTIVATE = ActivatePreCustomer(now=NOW)
LAPSE = LapseActivation(waiting_since=THEN, now=NOW)
LAPSED_EVENT = RecordDisabled(
    from_status=Status.PENDING_EMAIL_VERIFICATION,
    cause=Cause.ACTIVATION_LAPSED,
    reason_code=ReasonCode.INACTIVE,
    disabled_by=None,
    disabled_at=NOW,
)
LAPSED: tuple[CustomerEvent, ...] = (*NEW, LAPSED_EVENT)
UNBLOCKED = RecordUnblocked(
    to_status=Status.PENDING_EMAIL_VERIFICATION,
    cause=Cause.OPERATOR,
    reason_code=ReasonCode.MISTAKE,
    unblocked_by=OPERATOR,
    unblocked_at=NOW,
)


def test_an_application_registers_a_pre_customer_with_a_number() -> None:
    record.given().when(REGISTER).then(
        PreCustomerRegistered(registration_number=7, project="default", registered_at=THEN)
    )


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_registering_again_records_nothing(history: tuple[object, ...]) -> None:
    record.given(*history).when(REGISTER).then_nothing_happens()  # type: ignore[arg-type]


def test_a_verified_address_activates_a_new_pre_customer() -> None:
    record.given(*NEW).when(ACTIVATE).then(
        PreCustomerActivatedV2(
            from_status=Status.PENDING_EMAIL_VERIFICATION, activated_at=NOW, project="default"
        )
    )


def test_an_activation_repeats_the_project_of_the_submission() -> None:
    record.given(*NEW).when(ActivatePreCustomer(project="express", now=NOW)).then(
        PreCustomerActivatedV2(
            from_status=Status.PENDING_EMAIL_VERIFICATION, activated_at=NOW, project="express"
        )
    )


def test_an_unknown_person_is_not_activated() -> None:
    record.given().when(ACTIVATE).then_refused(PersonIsUnknown)


@pytest.mark.parametrize("history", [history for history in HISTORIES.values() if history != NEW])
def test_activating_any_other_record_records_nothing(history: tuple[object, ...]) -> None:
    record.given(*history).when(ACTIVATE).then_nothing_happens()  # type: ignore[arg-type]


def test_an_evaluation_is_recorded_with_its_results_and_separate_personal_values() -> None:
    observed = ObservedValues(observed={"age_years": 30})

    record.given(*NEW).when(record_histories.record_evaluation(MISSING, observed=observed)).then(
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


def test_an_unchanged_verdict_is_not_recorded_again_even_with_other_evidence() -> None:
    again = record_histories.record_evaluation(MISSING)

    record.given(*NEW, evaluated(MISSING)).when(again).then_nothing_happens()


def test_a_changed_verdict_is_recorded() -> None:
    events = record.given(*NEW, evaluated(MISSING)).when(record_histories.record_evaluation(MET))

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


def test_the_same_outcomes_with_another_policy_version_are_recorded() -> None:
    command = record_histories.record_evaluation(MET, policy_version=2)

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


def test_an_unknown_person_is_not_evaluated() -> None:
    record.given().when(record_histories.record_evaluation(MET)).then_refused(PersonIsUnknown)


def test_a_record_that_meets_all_requirements_is_promoted_with_customer_id_and_dates() -> None:
    record.given(*PENDING).when(record_histories.promote()).then(
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
def test_only_pending_records_are_promoted(name: str) -> None:
    record.given(*HISTORIES[name]).when(record_histories.promote()).then_refused(NotPending)


def test_a_record_with_an_unmet_requirement_is_not_promoted() -> None:
    command = record_histories.promote(evaluation=record_histories.evaluation(MISSING))

    record.given(*PENDING).when(command).then_refused(RequirementsNotMet, "documents_accepted")


def test_a_record_is_not_promoted_before_completion_whatever_the_policy_requires() -> None:
    command = record_histories.promote(completed_at=None)

    record.given(*PENDING).when(command).then_refused(RequirementsNotMet, "completion")


def test_an_unknown_person_is_not_promoted() -> None:
    record.given().when(record_histories.promote()).then_refused(PersonIsUnknown)


@pytest.mark.parametrize("name", [name for name in HISTORIES if name.startswith("customer")])
def test_promoting_a_customer_again_records_nothing(name: str) -> None:
    record.given(*HISTORIES[name]).when(record_histories.promote()).then_nothing_happens()


@pytest.mark.parametrize("name", [name for name in HISTORIES if "blocked" not in name])
def test_a_record_is_erased_with_a_reason(name: str) -> None:
    record.given(*HISTORIES[name]).when(record_histories.erase()).then(
        RecordErased(
            erasure_id=ERASURE,
            reason_code=ErasureReason.DUPLICATE,
            erased_by=OPERATOR,
            erased_at=NOW,
        )
    )


@pytest.mark.parametrize("name", [name for name in HISTORIES if "blocked" in name])
def test_a_blocked_record_is_not_erased(name: str) -> None:
    record.given(*HISTORIES[name]).when(record_histories.erase()).then_refused(RecordIsBlocked)


def test_erasing_ones_own_record_is_refused() -> None:
    record.given(*PENDING).when(record_histories.erase(by=PERSON)).then_refused(
        CannotChangeOwnRecord
    )


def test_an_unknown_person_is_not_erased() -> None:
    record.given().when(record_histories.erase()).then_refused(PersonIsUnknown)


@pytest.mark.parametrize(
    "command",
    [
        REGISTER,
        ACTIVATE,
        record_histories.record_evaluation(MET),
        record_histories.promote(),
        record_histories.erase(),
    ],
    ids=lambda command: type(command).__name__,
)
def test_nothing_is_recorded_after_an_erasure(command: CustomerCommand) -> None:
    record.given(*PENDING, ERASED).when(command).then_nothing_happens()


def test_a_record_that_waited_too_long_for_activation_is_disabled_by_the_system() -> None:
    record.given(*NEW).when(LAPSE).then(LAPSED_EVENT)


def test_a_record_that_has_not_waited_long_enough_does_not_lapse() -> None:
    earlier = replace(LAPSE, waiting_since=THEN - timedelta(seconds=1))

    record.given(*NEW).when(earlier).then_nothing_happens()


@pytest.mark.parametrize(
    "history",
    [(), LAPSED, (*NEW, ERASED), *(h for h in HISTORIES.values() if h != NEW)],
    ids=lambda history: str(len(history)),
)
def test_no_other_record_lapses(history: tuple[CustomerEvent, ...]) -> None:
    record.given(*history).when(LAPSE).then_nothing_happens()


def test_a_lapsed_record_is_revived_by_the_activation_link() -> None:
    record.given(*LAPSED).when(ActivatePreCustomer(now=NOW)).then(
        PreCustomerActivatedV2(from_status=Status.DISABLED, activated_at=NOW, project="default")
    )


def test_operators_cannot_revive_a_lapsed_record() -> None:
    record.given(*LAPSED).when(change(Status.PENDING)).then_refused(ActivationOutstanding)
    record.given(*LAPSED).when(change(Status.ENABLED)).then_refused(RequirementsNotMet)
    record.given(*LAPSED).when(change(Status.DISABLED)).then_nothing_happens()


def test_a_lapsed_record_can_be_blocked_and_waits_again_after_unblocking() -> None:
    history = (*LAPSED, blocked(Status.DISABLED))
    unblock = change(Status.PENDING, may_unblock=True, reason_code=ReasonCode.MISTAKE)

    record.given(*LAPSED).when(change(Status.BLOCKED)).then(
        RecordBlocked(
            from_status=Status.DISABLED,
            cause=Cause.OPERATOR,
            reason_code=ReasonCode.MISTAKE,
            blocked_by=OPERATOR,
            blocked_at=NOW,
        )
    )
    record.given(*history).when(unblock).then(UNBLOCKED)
    record.given(*history, UNBLOCKED).when(LAPSE).then_nothing_happens()
    record.given(*history, UNBLOCKED).when(replace(LAPSE, waiting_since=NOW)).then(LAPSED_EVENT)
