"""The decisions until an account is active: links, corrected addresses, lapse and takeover."""

from dataclasses import replace
from uuid import UUID

import pytest

from vinculo.events.testing import Scenario
from vinculo.onboarding.domain.account import Contact
from vinculo.onboarding.domain.activation_decisions import (
    CorrectEmail,
    EmailVerifiedAlready,
    IssueActivationLink,
    LapseApplication,
    LinkExpired,
    LinkSuperseded,
    LinkUsed,
    NoSuchApplication,
    NotLapsed,
    TakeOverReservation,
    VerifyEmail,
)
from vinculo.onboarding.domain.application import (
    ApplicantErased,
    ApplicationEvent,
    ApplicationLapsed,
    ReservationTakenOver,
)
from vinculo.onboarding.domain.application_decisions import (
    APPLICATION,
    ApplicationCommand,
    CompleteApplication,
    EraseApplicant,
    RecordDocumentsProvided,
)
from vinculo.onboarding.domain.submission import EmailCorrected

from ..application_samples import (
    ACTIVE,
    BEFORE,
    DECLARE,
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

EMAIL = Contact(contact="ana.gomez@example.com")

CORRECT_EMAIL = CorrectEmail(email=EMAIL, link=NEWER_LINK, now=NOW)

EMAIL_CORRECTED = EmailCorrected(corrected_at=NOW, personal=EMAIL)

LAPSE = LapseApplication(lapsed_at=NOW)

LAPSED = ApplicationLapsed(lapsed_at=NOW)

TAKE_OVER = TakeOverReservation(now=NOW)

TAKEN_OVER = ReservationTakenOver(taken_over_at=NOW)

VERIFY_NEWER = VerifyEmail(link_id=NEWER_LINK.link_id, now=NOW)

NO_APPLICATION: list[tuple[ApplicationEvent, ...]] = [
    (),
    (*REGISTERED, ERASED),
    (*REGISTERED, LAPSED, TAKEN_OVER),
]

application = Scenario(APPLICATION)

VERIFY = VerifyEmail(link_id=LINK.link_id, now=NOW)


def test_a_corrected_address_gets_a_new_link() -> None:
    application.given(*REGISTERED).when(CORRECT_EMAIL).then(EMAIL_CORRECTED, NEWER_LINK_ISSUED)


def test_links_sent_to_the_mistyped_address_become_invalid() -> None:
    verify = VerifyEmail(link_id=LINK.link_id, now=NOW)

    application.given(*REGISTERED, EMAIL_CORRECTED, NEWER_LINK_ISSUED).when(verify).then_refused(
        LinkSuperseded
    )


def test_the_same_correction_again_records_nothing() -> None:
    application.given(*REGISTERED, EMAIL_CORRECTED, NEWER_LINK_ISSUED).when(
        CORRECT_EMAIL
    ).then_nothing_happens()


def test_the_address_of_an_active_account_is_not_corrected_like_this() -> None:
    application.given(*ACTIVE).when(CORRECT_EMAIL).then_refused(EmailVerifiedAlready)


def test_an_application_that_was_never_activated_lapses() -> None:
    application.given(*REGISTERED).when(LAPSE).then(LAPSED)


@pytest.mark.parametrize("history", [ACTIVE, (*REGISTERED, LAPSED), *NO_APPLICATION], ids=len)
def test_only_a_waiting_application_lapses(
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


def test_a_second_takeover_records_nothing() -> None:
    application.given(*REGISTERED, LAPSED, TAKEN_OVER).when(TAKE_OVER).then_nothing_happens()


@pytest.mark.parametrize("history", NO_APPLICATION[:2], ids=["unknown", "erased"])
def test_an_unknown_application_is_not_taken_over(history: tuple[ApplicationEvent, ...]) -> None:
    application.given(*history).when(TAKE_OVER).then_refused(NoSuchApplication)


@pytest.mark.parametrize(
    "command",
    [
        REPEAT,
        IssueActivationLink(link=NEWER_LINK, now=NOW),
        CORRECT_EMAIL,
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


def test_facts_about_a_taken_over_application_are_ignored() -> None:
    provided = RecordDocumentsProvided(provided_at=PROVIDED.provided_at)

    application.given(*REGISTERED, LAPSED, TAKEN_OVER).when(provided).then_nothing_happens()


def test_a_taken_over_application_can_be_erased_once() -> None:
    erase = EraseApplicant(now=BEFORE)

    application.given(*REGISTERED, LAPSED, TAKEN_OVER).when(erase).then(
        ApplicantErased(erased_at=BEFORE)
    )
    application.given(*REGISTERED, LAPSED, TAKEN_OVER, ERASED).when(erase).then_nothing_happens()


def test_a_new_activation_link_can_be_issued() -> None:
    command = IssueActivationLink(link=NEWER_LINK, now=NOW)

    application.given(*REGISTERED).when(command).then(NEWER_LINK_ISSUED)


def test_the_same_link_is_issued_once() -> None:
    command = IssueActivationLink(link=NEWER_LINK, now=NOW)

    application.given(*REGISTERED, NEWER_LINK_ISSUED).when(command).then_nothing_happens()


def test_an_active_account_gets_no_further_link() -> None:
    command = IssueActivationLink(link=NEWER_LINK, now=NOW)

    application.given(*ACTIVE).when(command).then_refused(EmailVerifiedAlready)


def test_the_link_activates_the_account() -> None:
    application.given(*REGISTERED).when(VERIFY).then(replace(VERIFIED, verified_at=NOW))


def test_a_link_works_once() -> None:
    application.given(*ACTIVE).when(VERIFY).then_refused(LinkUsed)


def test_a_link_expires() -> None:
    late = replace(VERIFY, now=EXPIRY)

    application.given(*REGISTERED).when(late).then_refused(LinkExpired, match="2026-01-02")


def test_a_newer_link_invalidates_the_earlier_one() -> None:
    application.given(*REGISTERED, NEWER_LINK_ISSUED).when(VERIFY).then_refused(LinkSuperseded)


def test_the_newer_link_activates() -> None:
    newer = replace(VERIFY, link_id=NEWER_LINK.link_id)

    application.given(*REGISTERED, NEWER_LINK_ISSUED).when(newer).then(
        replace(VERIFIED, link_id=NEWER_LINK.link_id, verified_at=NOW)
    )


def test_a_link_of_another_person_activates_nothing() -> None:
    foreign = replace(VERIFY, link_id=UUID(int=404))

    application.given(*REGISTERED).when(foreign).then_refused(LinkSuperseded)
