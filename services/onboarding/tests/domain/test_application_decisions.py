"""The decisions of each step, from registration to erasure."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from vinculo.events.testing import Scenario
from vinculo.onboarding.domain.account import ConsentPurpose
from vinculo.onboarding.domain.activation_decisions import (
    IssueActivationLink,
    NoSuchApplication,
    VerifyEmail,
)
from vinculo.onboarding.domain.application import ApplicationCompleted, DocumentsProvided
from vinculo.onboarding.domain.application_decisions import (
    APPLICATION,
    AlreadyRegistered,
    ApplicationCommand,
    CompleteApplication,
    EmailNotVerified,
    EraseApplicant,
    PersonalDataConsentMissing,
    RecordDocumentsProvided,
    StepsMissing,
)

from ..application_samples import (
    ACTIVE,
    BEFORE,
    COMPLETED,
    CONSENTED,
    DECLARE,
    DECLARED,
    ERASED,
    LINK,
    LINK_ISSUED,
    MARKETING,
    NEWER_LINK,
    NEWER_LINK_ISSUED,
    NOW,
    PERSONAL_DATA,
    PROVIDED,
    REGISTERED,
    REPEAT,
    REPEATED,
    STARTED,
    register,
)

application = Scenario(APPLICATION)

VERIFY = VerifyEmail(link_id=LINK.link_id, now=NOW)

COMPLETE = CompleteApplication(now=NOW)

RECORD_DOCUMENTS = RecordDocumentsProvided(provided_at=BEFORE)

ERASE = EraseApplicant(now=BEFORE)


def test_a_person_registers_with_consent_and_gets_a_link() -> None:
    application.given().when(register()).then(STARTED, CONSENTED, LINK_ISSUED)


def test_marketing_consent_is_recorded_beside_the_required_one() -> None:
    marketing = replace(
        CONSENTED, purpose=ConsentPurpose.MARKETING, text_sha256=MARKETING.text_sha256
    )

    application.given().when(register(PERSONAL_DATA, MARKETING)).then(
        STARTED, CONSENTED, marketing, LINK_ISSUED
    )


def test_registration_requires_personal_data_consent() -> None:
    application.given().when(register(MARKETING)).then_refused(PersonalDataConsentMissing)


def test_the_same_registration_again_records_nothing() -> None:
    application.given(*REGISTERED).when(register()).then_nothing_happens()


def test_a_stream_belongs_to_one_registration() -> None:
    other = replace(register(), registration_id=UUID(int=99))

    application.given(*REGISTERED).when(other).then_refused(AlreadyRegistered)


def test_an_erased_application_cannot_be_started_again() -> None:
    application.given(*REGISTERED, ERASED).when(register()).then_refused(AlreadyRegistered)


def test_a_repeated_registration_is_recorded_for_its_owner() -> None:
    application.given(*ACTIVE).when(REPEAT).then(REPEATED)


def test_a_repeat_within_the_hour_records_nothing() -> None:
    soon = replace(REPEAT, now=NOW + timedelta(minutes=59))

    application.given(*ACTIVE, REPEATED).when(soon).then_nothing_happens()


def test_a_repeat_after_an_hour_is_recorded_again() -> None:
    later = NOW + timedelta(hours=1)

    application.given(*ACTIVE, REPEATED).when(replace(REPEAT, now=later)).then(
        replace(REPEATED, repeated_at=later)
    )


def test_a_repeat_issues_no_link_while_one_is_valid() -> None:
    application.given(*REGISTERED).when(REPEAT).then(REPEATED)


def test_a_repeat_after_the_link_expired_sends_the_owner_a_new_one() -> None:
    late = BEFORE + timedelta(days=2)

    application.given(*REGISTERED).when(replace(REPEAT, now=late)).then(
        replace(REPEATED, repeated_at=late), replace(NEWER_LINK_ISSUED, issued_at=late)
    )


def test_a_missing_registration_cannot_be_repeated() -> None:
    application.given().when(REPEAT).then_refused(NoSuchApplication)


def test_employment_is_declared() -> None:
    application.given(*ACTIVE).when(DECLARE).then(DECLARED)


def test_employment_waits_for_the_email() -> None:
    application.given(*REGISTERED).when(DECLARE).then_refused(EmailNotVerified)


def test_employment_can_be_declared_again() -> None:
    changed = replace(DECLARE, payer_id=UUID(int=6))

    application.given(*ACTIVE, DECLARED).when(changed).then(replace(DECLARED, payer_id=UUID(int=6)))


def test_documents_are_recorded_as_provided() -> None:
    application.given(*ACTIVE).when(RECORD_DOCUMENTS).then(DocumentsProvided(provided_at=BEFORE))


def test_documents_provided_are_recorded_once() -> None:
    application.given(*ACTIVE, PROVIDED).when(RECORD_DOCUMENTS).then_nothing_happens()


@pytest.mark.parametrize("history", [(), (*REGISTERED, ERASED)], ids=["unknown", "erased"])
def test_documents_of_an_unknown_person_are_ignored(history: tuple[()]) -> None:
    application.given(*history).when(RECORD_DOCUMENTS).then_nothing_happens()


def test_an_application_with_every_step_done_is_completed() -> None:
    application.given(*ACTIVE, DECLARED, PROVIDED).when(COMPLETE).then(
        ApplicationCompleted(completed_at=NOW)
    )


def test_completion_names_the_steps_still_missing() -> None:
    application.given(*ACTIVE).when(COMPLETE).then_refused(
        StepsMissing, match="employment, documents"
    )


def test_completion_waits_for_the_email() -> None:
    application.given(*REGISTERED, PROVIDED).when(COMPLETE).then_refused(EmailNotVerified)


def test_completing_twice_records_nothing() -> None:
    application.given(*ACTIVE, DECLARED, PROVIDED, COMPLETED).when(COMPLETE).then_nothing_happens()


def test_an_applicant_is_erased() -> None:
    application.given(*ACTIVE).when(ERASE).then(ERASED)


def test_erasing_twice_records_nothing() -> None:
    application.given(*ACTIVE, ERASED).when(ERASE).then_nothing_happens()


def test_erasing_someone_unknown_records_nothing() -> None:
    application.given().when(ERASE).then_nothing_happens()


@pytest.mark.parametrize(
    "command",
    [REPEAT, IssueActivationLink(link=NEWER_LINK, now=NOW), VERIFY, DECLARE, COMPLETE],
    ids=lambda command: type(command).__name__,
)
def test_nothing_happens_to_an_erased_applicant(command: ApplicationCommand) -> None:
    application.given(*ACTIVE, ERASED).when(command).then_refused(NoSuchApplication)


def test_the_same_registration_sent_once_more_is_no_repeat() -> None:
    command = replace(REPEAT, registration_id=REGISTERED[0].registration_id)  # type: ignore[union-attr]

    application.given(*REGISTERED).when(command).then_nothing_happens()
