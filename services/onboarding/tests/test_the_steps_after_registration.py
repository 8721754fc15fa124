"""Steps two to five, and the end of an application by erasure."""

from dataclasses import replace
from uuid import UUID

import pytest

from vinculo.events.testing import Scenario
from vinculo.onboarding.domain.activation_decisions import (
    IssueActivationLink,
    LinkExpired,
    LinkSuperseded,
    LinkUsed,
    NoSuchApplication,
    VerifyEmail,
)
from vinculo.onboarding.domain.application import ApplicationCompleted, DocumentsProvided
from vinculo.onboarding.domain.application_decisions import (
    APPLICATION,
    ApplicationCommand,
    CompleteApplication,
    EmailNotVerified,
    EraseApplicant,
    RecordDocumentsProvided,
    StepsMissing,
)

from .applications import (
    ACTIVE,
    BEFORE,
    COMPLETED,
    DECLARE,
    DECLARED,
    ERASED,
    EXPIRY,
    LINK,
    NEWER_LINK,
    NEWER_LINK_ISSUED,
    NOW,
    PROVIDED,
    REGISTERED,
    REPEAT,
    VERIFIED,
)

VERIFY = VerifyEmail(link_id=LINK.link_id, now=NOW)
COMPLETE = CompleteApplication(now=NOW)
RECORD_DOCUMENTS = RecordDocumentsProvided(provided_at=BEFORE)
ERASE = EraseApplicant(now=BEFORE)

application = Scenario(APPLICATION)


def test_the_link_activates_the_account() -> None:
    application.given(*REGISTERED).when(VERIFY).then(replace(VERIFIED, verified_at=NOW))


def test_a_link_works_once() -> None:
    application.given(*ACTIVE).when(VERIFY).then_refused(LinkUsed)


def test_a_link_expires() -> None:
    late = replace(VERIFY, now=EXPIRY)

    application.given(*REGISTERED).when(late).then_refused(LinkExpired, match="2026-01-02")


def test_a_newer_link_kills_the_earlier_one() -> None:
    application.given(*REGISTERED, NEWER_LINK_ISSUED).when(VERIFY).then_refused(LinkSuperseded)


def test_the_newer_link_activates() -> None:
    newer = replace(VERIFY, link_id=NEWER_LINK.link_id)

    application.given(*REGISTERED, NEWER_LINK_ISSUED).when(newer).then(
        replace(VERIFIED, link_id=NEWER_LINK.link_id, verified_at=NOW)
    )


def test_a_link_of_somebody_else_activates_nothing() -> None:
    foreign = replace(VERIFY, link_id=UUID(int=404))

    application.given(*REGISTERED).when(foreign).then_refused(LinkSuperseded)


def test_employment_is_declared() -> None:
    application.given(*ACTIVE).when(DECLARE).then(DECLARED)


def test_employment_waits_for_the_email() -> None:
    application.given(*REGISTERED).when(DECLARE).then_refused(EmailNotVerified)


def test_employment_can_be_declared_again() -> None:
    changed = replace(DECLARE, payer_id=UUID(int=6))

    application.given(*ACTIVE, DECLARED).when(changed).then(replace(DECLARED, payer_id=UUID(int=6)))


def test_documents_are_recorded_as_provided() -> None:
    application.given(*ACTIVE).when(RECORD_DOCUMENTS).then(DocumentsProvided(provided_at=BEFORE))


def test_documents_stay_provided() -> None:
    application.given(*ACTIVE, PROVIDED).when(RECORD_DOCUMENTS).then_nothing_happens()


@pytest.mark.parametrize("history", [(), (*REGISTERED, ERASED)], ids=["unknown", "erased"])
def test_documents_of_someone_who_is_not_here_are_passed_over(history: tuple[()]) -> None:
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
