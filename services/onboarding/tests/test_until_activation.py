"""Until an account is active: the address corrected, the application lapsed, the document taken."""

from dataclasses import replace

import pytest

from vinculo.events.testing import Scenario
from vinculo.onboarding.domain.account import Contact
from vinculo.onboarding.domain.activation_decisions import (
    CorrectEmail,
    EmailVerifiedAlready,
    IssueActivationLink,
    LapseApplication,
    LinkSuperseded,
    NoSuchApplication,
    NotLapsed,
    TakeOverReservation,
    VerifyEmail,
)
from vinculo.onboarding.domain.application import (
    ApplicantErased,
    ApplicationEvent,
    ApplicationLapsed,
    EmailCorrected,
    ReservationTakenOver,
)
from vinculo.onboarding.domain.application_decisions import (
    APPLICATION,
    ApplicationCommand,
    CompleteApplication,
    EraseApplicant,
    RecordDocumentsProvided,
)

from .applications import (
    ACTIVE,
    BEFORE,
    DECLARE,
    ERASED,
    LINK,
    NEWER_LINK,
    NEWER_LINK_ISSUED,
    NOW,
    PROVIDED,
    REGISTERED,
    REPEAT,
    VERIFIED,
)

EMAIL = Contact(contact="ana.gomez@example.com")
CORRECT = CorrectEmail(email=EMAIL, link=NEWER_LINK, now=NOW)
CORRECTED = EmailCorrected(corrected_at=NOW, personal=EMAIL)
LAPSE = LapseApplication(lapsed_at=NOW)
LAPSED = ApplicationLapsed(lapsed_at=NOW)
TAKE_OVER = TakeOverReservation(now=NOW)
TAKEN_OVER = ReservationTakenOver(taken_over_at=NOW)
VERIFY_NEWER = VerifyEmail(link_id=NEWER_LINK.link_id, now=NOW)
NOBODY: list[tuple[ApplicationEvent, ...]] = [
    (),
    (*REGISTERED, ERASED),
    (*REGISTERED, LAPSED, TAKEN_OVER),
]

application = Scenario(APPLICATION)


def test_a_corrected_address_gets_a_new_link() -> None:
    application.given(*REGISTERED).when(CORRECT).then(CORRECTED, NEWER_LINK_ISSUED)


def test_links_sent_to_the_mistyped_address_die() -> None:
    verify = VerifyEmail(link_id=LINK.link_id, now=NOW)

    application.given(*REGISTERED, CORRECTED, NEWER_LINK_ISSUED).when(verify).then_refused(
        LinkSuperseded
    )


def test_the_same_correction_again_records_nothing() -> None:
    application.given(*REGISTERED, CORRECTED, NEWER_LINK_ISSUED).when(
        CORRECT
    ).then_nothing_happens()


def test_the_address_of_an_active_account_is_not_corrected_like_this() -> None:
    application.given(*ACTIVE).when(CORRECT).then_refused(EmailVerifiedAlready)


def test_an_application_that_was_never_activated_lapses() -> None:
    application.given(*REGISTERED).when(LAPSE).then(LAPSED)


@pytest.mark.parametrize("history", [ACTIVE, (*REGISTERED, LAPSED), *NOBODY], ids=len)
def test_an_active_a_lapsed_and_no_application_do_not_lapse(
    history: tuple[ApplicationEvent, ...],
) -> None:
    application.given(*history).when(LAPSE).then_nothing_happens()


def test_a_lapsed_application_is_revived_by_a_new_link() -> None:
    revived = replace(VERIFIED, link_id=NEWER_LINK.link_id, verified_at=NOW)

    application.given(*REGISTERED, LAPSED).when(IssueActivationLink(link=NEWER_LINK, now=NOW)).then(
        NEWER_LINK_ISSUED
    )
    application.given(*REGISTERED, LAPSED, NEWER_LINK_ISSUED).when(VERIFY_NEWER).then(revived)


def test_a_lapsed_application_is_taken_over() -> None:
    application.given(*REGISTERED, LAPSED).when(TAKE_OVER).then(TAKEN_OVER)


@pytest.mark.parametrize(
    "history",
    [REGISTERED, ACTIVE, (*REGISTERED, LAPSED, NEWER_LINK_ISSUED, VERIFIED)],
    ids=["waiting", "active", "revived"],
)
def test_an_application_that_has_not_lapsed_is_not_taken_over(
    history: tuple[ApplicationEvent, ...],
) -> None:
    application.given(*history).when(TAKE_OVER).then_refused(NotLapsed)


def test_of_two_takeovers_the_second_records_nothing() -> None:
    application.given(*REGISTERED, LAPSED, TAKEN_OVER).when(TAKE_OVER).then_nothing_happens()


@pytest.mark.parametrize("history", NOBODY[:2], ids=["unknown", "erased"])
def test_nobodys_application_is_not_taken_over(history: tuple[ApplicationEvent, ...]) -> None:
    application.given(*history).when(TAKE_OVER).then_refused(NoSuchApplication)


@pytest.mark.parametrize(
    "command",
    [
        REPEAT,
        IssueActivationLink(link=NEWER_LINK, now=NOW),
        CORRECT,
        VERIFY_NEWER,
        DECLARE,
        CompleteApplication(now=NOW),
    ],
    ids=lambda command: type(command).__name__,
)
def test_nothing_happens_to_an_application_whose_document_was_taken_over(
    command: ApplicationCommand,
) -> None:
    application.given(*REGISTERED, LAPSED, NEWER_LINK_ISSUED, TAKEN_OVER).when(
        command
    ).then_refused(NoSuchApplication)


def test_facts_about_it_are_passed_over() -> None:
    provided = RecordDocumentsProvided(provided_at=PROVIDED.provided_at)

    application.given(*REGISTERED, LAPSED, TAKEN_OVER).when(provided).then_nothing_happens()


def test_it_can_still_be_erased_once() -> None:
    erase = EraseApplicant(now=BEFORE)

    application.given(*REGISTERED, LAPSED, TAKEN_OVER).when(erase).then(
        ApplicantErased(erased_at=BEFORE)
    )
    application.given(*REGISTERED, LAPSED, TAKEN_OVER, ERASED).when(erase).then_nothing_happens()


def test_the_same_registration_sent_once_more_is_no_repeat() -> None:
    command = replace(REPEAT, registration_id=REGISTERED[0].registration_id)  # type: ignore[union-attr]

    application.given(*REGISTERED).when(command).then_nothing_happens()
