"""The decisions of each step, from registration to erasure."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from vinculo.events.testing import Scenario
from vinculo.onboarding.domain.activation_decisions import (
    DismissDispute,
    DisputeDismissal,
    IssueActivationLink,
    NoSuchApplication,
    NotDisputed,
)
from vinculo.onboarding.domain.application import (
    ApplicationCompleted,
    DocumentDisputed,
    DocumentDisputeDismissed,
    DocumentsProvided,
    DocumentsReopened,
)
from vinculo.onboarding.domain.application_decisions import (
    APPLICATION,
    AlreadyRegistered,
    ApplicationCommand,
    CompleteApplication,
    EmailNotVerified,
    EraseApplicant,
    PersonalDataConsentMissing,
    RecordDocumentsProvided,
    RecordDocumentsReopened,
    StepsMissing,
)

from ..application_samples import (
    ACTIVATE,
    ACTIVE,
    AGAIN,
    BEFORE,
    COMPLETED,
    DECLARE,
    DECLARED,
    ERASED,
    FIRST,
    LINK_FOR_AGAIN,
    LINK_ISSUED,
    MARKETING,
    NEWER_LINK,
    NOW,
    PERSONAL_DATA,
    PROVIDED,
    RECEIVED,
    REGISTERED,
    REPEAT,
    REPEATED,
    STARTED,
    register,
)

application = Scenario(APPLICATION)

COMPLETE = CompleteApplication(now=NOW)

RECORD_DOCUMENTS = RecordDocumentsProvided(provided_at=BEFORE)
REOPEN_DOCUMENTS = RecordDocumentsReopened(reopened_at=NOW)

ERASE = EraseApplicant(now=BEFORE)


def test_a_person_registers_with_consent_and_gets_a_link() -> None:
    application.given().when(register()).then(STARTED, LINK_ISSUED)


def test_marketing_consent_is_recorded_beside_the_required_one() -> None:
    consents = (PERSONAL_DATA, MARKETING)

    application.given().when(register(*consents)).then(
        replace(STARTED, consents=consents), LINK_ISSUED
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


def test_a_document_registered_again_gets_a_further_submission_with_its_own_link() -> None:
    application.given(*REGISTERED).when(REPEAT).then(RECEIVED, LINK_FOR_AGAIN)


def test_a_further_submission_needs_personal_data_consent_too() -> None:
    application.given(*REGISTERED).when(replace(REPEAT, consents=(MARKETING,))).then_refused(
        PersonalDataConsentMissing
    )


@pytest.mark.parametrize("submission_id", [FIRST, AGAIN])
def test_the_same_registration_sent_once_more_is_no_further_submission(
    submission_id: UUID,
) -> None:
    command = replace(REPEAT, submission_id=submission_id)

    application.given(*REGISTERED, RECEIVED, LINK_FOR_AGAIN).when(command).then_nothing_happens()


def test_the_owner_of_an_active_account_is_warned_of_a_repeat() -> None:
    application.given(*ACTIVE).when(REPEAT).then(RECEIVED, LINK_FOR_AGAIN, REPEATED)


def test_the_owner_is_warned_once_an_hour() -> None:
    soon = replace(REPEAT, now=NOW + timedelta(minutes=59))
    later = NOW + timedelta(hours=1)

    assert REPEATED not in application.given(*ACTIVE, REPEATED).when(soon)._decide()  # noqa: SLF001
    application.given(*ACTIVE, REPEATED).when(replace(REPEAT, now=later)).then(
        replace(RECEIVED, received_at=later),
        replace(LINK_FOR_AGAIN, issued_at=later),
        replace(REPEATED, repeated_at=later),
    )


def test_other_details_dispute_the_document_of_an_active_account_once() -> None:
    differs = replace(REPEAT, differs=True)
    disputed = DocumentDisputed(disputed_at=NOW)
    third = replace(differs, submission_id=UUID(int=3))

    application.given(*ACTIVE).when(differs).then(RECEIVED, LINK_FOR_AGAIN, REPEATED, disputed)
    application.given(*ACTIVE, REPEATED, disputed).when(third).then(
        replace(RECEIVED, submission_id=UUID(int=3)),
        replace(LINK_FOR_AGAIN, submission_id=UUID(int=3)),
    )


def test_nothing_is_disputed_before_activation() -> None:
    application.given(*REGISTERED).when(replace(REPEAT, differs=True)).then(
        RECEIVED, LINK_FOR_AGAIN
    )


def test_a_dismissed_dispute_can_be_opened_again() -> None:
    disputed = DocumentDisputed(disputed_at=NOW)
    dismiss = DismissDispute(
        reason_code=DisputeDismissal.HOLDER_CONFIRMED, dismissed_by=UUID(int=7), now=NOW
    )
    dismissed = DocumentDisputeDismissed(
        reason_code="holder_confirmed", dismissed_by=UUID(int=7), dismissed_at=NOW
    )

    application.given(*ACTIVE, disputed).when(dismiss).then(dismissed)
    application.given(*ACTIVE).when(dismiss).then_refused(NotDisputed)
    application.given(*ACTIVE, disputed, dismissed).when(dismiss).then_refused(NotDisputed)
    application.given(*ACTIVE, REPEATED, disputed, dismissed).when(
        replace(REPEAT, differs=True)
    ).then(RECEIVED, LINK_FOR_AGAIN, disputed)


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


def test_documents_that_are_needed_again_reopen_the_step_once() -> None:
    reopened = DocumentsReopened(reopened_at=NOW)

    application.given(*ACTIVE, PROVIDED).when(REOPEN_DOCUMENTS).then(reopened)
    application.given(*ACTIVE, PROVIDED, reopened).when(REOPEN_DOCUMENTS).then_nothing_happens()
    application.given(*ACTIVE).when(REOPEN_DOCUMENTS).then_nothing_happens()


def test_reopened_documents_are_provided_again_after_the_completion() -> None:
    completed = ApplicationCompleted(completed_at=BEFORE)
    history = (*ACTIVE, DECLARED, PROVIDED, completed, DocumentsReopened(reopened_at=NOW))

    application.given(*history).when(RECORD_DOCUMENTS).then(PROVIDED)
    application.given(*history).when(COMPLETE).then_nothing_happens()


def test_completion_waits_for_reopened_documents() -> None:
    history = (*ACTIVE, DECLARED, PROVIDED, DocumentsReopened(reopened_at=NOW))

    application.given(*history).when(COMPLETE).then_refused(StepsMissing, match="documents")


@pytest.mark.parametrize("history", [(), (*REGISTERED, ERASED)], ids=["unknown", "erased"])
def test_documents_of_an_unknown_person_are_ignored(history: tuple[()]) -> None:
    application.given(*history).when(RECORD_DOCUMENTS).then_nothing_happens()
    application.given(*history).when(REOPEN_DOCUMENTS).then_nothing_happens()


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
    [
        REPEAT,
        IssueActivationLink(submission_id=FIRST, link=NEWER_LINK, now=NOW),
        ACTIVATE,
        DECLARE,
        COMPLETE,
    ],
    ids=lambda command: type(command).__name__,
)
def test_nothing_happens_to_an_erased_applicant(command: ApplicationCommand) -> None:
    application.given(*ACTIVE, ERASED).when(command).then_refused(NoSuchApplication)
