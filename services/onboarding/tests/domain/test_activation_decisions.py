"""The decisions until an account is active: links, corrected addresses, lapse and takeover."""

from dataclasses import replace
from uuid import UUID

import pytest

from vinculo.events.testing import Scenario
from vinculo.onboarding.domain.account import Contact
from vinculo.onboarding.domain.activation_decisions import (
    AbandonApplication,
    CorrectEmail,
    DocumentActivatedByAnother,
    DropExpiredSubmission,
    DropUndeliverableSubmission,
    EmailVerifiedAlready,
    IssueActivationLink,
    LapseApplication,
    LinkExpired,
    LinkSuperseded,
    LinkUsed,
    MoveReservation,
    NoSuchApplication,
    NoSuchSubmission,
    NotLapsed,
    TakeOverReservation,
)
from vinculo.onboarding.domain.application import (
    ApplicantErased,
    ApplicationAbandoned,
    ApplicationEvent,
    ApplicationLapsed,
    ReservationMoved,
    ReservationReceived,
    ReservationTakenOver,
)
from vinculo.onboarding.domain.application_decisions import (
    APPLICATION,
    ApplicationCommand,
    CompleteApplication,
    EraseApplicant,
    GrantedClaim,
    RecordDocumentsProvided,
)
from vinculo.onboarding.domain.submission import EmailCorrected, SubmissionDrop, SubmissionDropped

from ..application_samples import (
    ACTIVATE,
    ACTIVATED,
    ACTIVE,
    AGAIN,
    BEFORE,
    CONSENTED,
    DECLARE,
    ERASED,
    EXPIRY,
    FIRST,
    LINK_FOR_AGAIN,
    LINK_ISSUED,
    MARKETING,
    NEWER_LINK,
    NEWER_LINK_ISSUED,
    NOW,
    PERSON,
    PROVIDED,
    RECEIVED,
    REGISTERED,
    REPEAT,
    STARTED,
    VERIFIED,
    register,
)

EMAIL = Contact(contact="ana.gomez@example.com")

CORRECT_EMAIL = CorrectEmail(submission_id=FIRST, email=EMAIL, link=NEWER_LINK, now=NOW)

EMAIL_CORRECTED = EmailCorrected(submission_id=FIRST, corrected_at=NOW, personal=EMAIL)

LAPSE = LapseApplication(lapsed_at=NOW)

LAPSED = ApplicationLapsed(lapsed_at=NOW)

TAKE_OVER = TakeOverReservation(now=NOW)

TAKEN_OVER = ReservationTakenOver(taken_over_at=NOW)

MOVE = MoveReservation(
    claim_id=UUID(int=61), person_id=UUID(int=62), claimant_id=UUID(int=63), now=NOW
)

MOVED = ReservationMoved(
    claim_id=UUID(int=61), from_person_id=UUID(int=62), to_person_id=UUID(int=63), moved_at=NOW
)

VERIFY_NEWER = replace(ACTIVATE, link_id=NEWER_LINK.link_id)

NO_APPLICATION: list[tuple[ApplicationEvent, ...]] = [
    (),
    (*REGISTERED, ERASED),
    (*REGISTERED, LAPSED, TAKEN_OVER),
    (*ACTIVE, MOVED),
]

application = Scenario(APPLICATION)

VERIFY = ACTIVATE

ISSUE = IssueActivationLink(submission_id=FIRST, link=NEWER_LINK, now=NOW)


def test_a_corrected_address_gets_a_new_link() -> None:
    application.given(*REGISTERED).when(CORRECT_EMAIL).then(EMAIL_CORRECTED, NEWER_LINK_ISSUED)


def test_links_sent_to_the_mistyped_address_become_invalid() -> None:
    application.given(*REGISTERED, EMAIL_CORRECTED, NEWER_LINK_ISSUED).when(ACTIVATE).then_refused(
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
    revived = replace(ACTIVATED, link_id=NEWER_LINK.link_id)

    application.given(*REGISTERED, LAPSED).when(ISSUE).then(NEWER_LINK_ISSUED)
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
        ISSUE,
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
    application.given(*REGISTERED).when(ISSUE).then(NEWER_LINK_ISSUED)


def test_the_same_link_is_issued_once() -> None:
    application.given(*REGISTERED, NEWER_LINK_ISSUED).when(ISSUE).then_nothing_happens()


def test_an_active_account_gets_no_further_link() -> None:
    application.given(*ACTIVE).when(ISSUE).then_refused(EmailVerifiedAlready)


def test_the_link_activates_the_account() -> None:
    application.given(*REGISTERED).when(VERIFY).then(ACTIVATED)


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
        replace(ACTIVATED, link_id=NEWER_LINK.link_id)
    )


def test_a_link_of_another_person_activates_nothing() -> None:
    foreign = replace(VERIFY, link_id=UUID(int=404))

    application.given(*REGISTERED).when(foreign).then_refused(LinkSuperseded)


TWO: tuple[ApplicationEvent, ...] = (*REGISTERED, RECEIVED, LINK_FOR_AGAIN)
LATER = NEWER_LINK.expires_at


def test_a_link_activates_another_submission_of_its_mailbox_with_what_that_one_contains() -> None:
    other = replace(ACTIVATE, submission_id=AGAIN)

    application.given(*TWO).when(other).then(
        replace(
            ACTIVATED,
            submission_id=AGAIN,
            project=RECEIVED.project,
            channel=RECEIVED.channel,
            locale=RECEIVED.locale,
        )
    )


def test_details_and_consents_given_again_replace_those_of_the_submission() -> None:
    changed = replace(PERSON, given_names="Ana")
    consents = (*STARTED.consents, MARKETING)
    command = replace(ACTIVATE, person=changed, consents=consents)

    application.given(*REGISTERED).when(command).then(
        replace(ACTIVATED, personal=changed, consents=consents)
    )


def test_the_links_of_two_submissions_are_valid_beside_each_other() -> None:
    corrected = replace(EMAIL_CORRECTED, submission_id=AGAIN)
    newest = replace(LINK_FOR_AGAIN, link_id=UUID(int=13))
    history = (*TWO, corrected, newest)

    application.given(*history).when(ACTIVATE).then(ACTIVATED)
    application.given(*history).when(replace(ACTIVATE, link_id=NEWER_LINK.link_id)).then_refused(
        LinkSuperseded
    )


def test_the_link_of_another_submission_cannot_activate_an_active_document() -> None:
    loser = replace(ACTIVATE, submission_id=AGAIN, link_id=NEWER_LINK.link_id)

    application.given(*TWO, ACTIVATED).when(loser).then_refused(DocumentActivatedByAnother)
    application.given(*TWO, ACTIVATED).when(replace(loser, now=LATER)).then_refused(LinkExpired)
    application.given(*TWO, ACTIVATED).when(ACTIVATE).then_refused(LinkUsed)


def test_only_an_open_submission_is_activated() -> None:
    unknown = replace(ACTIVATE, submission_id=UUID(int=404))

    application.given(*REGISTERED).when(unknown).then_refused(NoSuchSubmission)


def test_a_submission_whose_mail_cannot_be_delivered_ends() -> None:
    drop = DropUndeliverableSubmission(link_id=NEWER_LINK.link_id, now=NOW)
    dropped = SubmissionDropped(
        submission_id=AGAIN, cause=SubmissionDrop.UNDELIVERABLE, dropped_at=NOW
    )
    corrected = replace(LINK_FOR_AGAIN, link_id=UUID(int=13))

    application.given(*TWO).when(drop).then(dropped)
    application.given(*TWO, dropped).when(drop).then_nothing_happens()
    application.given(*TWO, corrected).when(drop).then_nothing_happens()
    application.given(*TWO, ACTIVATED).when(drop).then_nothing_happens()
    application.given().when(drop).then_nothing_happens()


def test_the_submissions_that_lost_end_when_their_link_has_expired() -> None:
    drop = DropExpiredSubmission(submission_id=AGAIN, now=LATER)
    dropped = SubmissionDropped(
        submission_id=AGAIN, cause=SubmissionDrop.NOT_ACTIVATED, dropped_at=LATER
    )
    late = replace(dropped, cause=SubmissionDrop.EXPIRED)

    application.given(*TWO, ACTIVATED).when(drop).then(dropped)
    application.given(*TWO, ACTIVATED).when(replace(drop, now=NOW)).then_nothing_happens()
    application.given(*TWO, ACTIVATED, dropped).when(drop).then_nothing_happens()
    application.given(*TWO).when(drop).then_nothing_happens()
    application.given(*ACTIVE, RECEIVED, LINK_FOR_AGAIN).when(drop).then(late)


def test_a_lapsed_application_is_closed_once_no_link_can_revive_it() -> None:
    abandon = AbandonApplication(now=LATER)

    application.given(*TWO, LAPSED).when(abandon).then(ApplicationAbandoned(abandoned_at=LATER))
    application.given(*TWO, LAPSED).when(replace(abandon, now=NOW)).then_refused(NotLapsed)
    application.given(*TWO).when(abandon).then_refused(NotLapsed)
    application.given(*ACTIVE).when(abandon).then_refused(NotLapsed)


def test_an_abandoned_application_can_only_be_erased() -> None:
    abandoned = (*TWO, LAPSED, ApplicationAbandoned(abandoned_at=LATER))

    application.given(*abandoned).when(ACTIVATE).then_refused(NoSuchApplication)
    application.given(*abandoned).when(REPEAT).then_refused(NoSuchApplication)
    application.given(*abandoned).when(TAKE_OVER).then_nothing_happens()
    application.given(*abandoned).when(EraseApplicant(now=BEFORE)).then(ERASED)


EARLIER: tuple[ApplicationEvent, ...] = (
    replace(STARTED, consents=()),
    CONSENTED,
    replace(LINK_ISSUED, submission_id=None),
)
"""An application that an earlier version started: consents and links name no submission."""


def test_an_application_of_an_earlier_version_is_its_first_submission() -> None:
    application.given(*EARLIER).when(ACTIVATE).then(ACTIVATED)
    application.given(*EARLIER).when(REPEAT).then(RECEIVED, LINK_FOR_AGAIN)


def test_an_account_that_an_earlier_version_activated_stays_active() -> None:
    verified: tuple[ApplicationEvent, ...] = (*EARLIER, VERIFIED)

    application.given(*verified).when(ACTIVATE).then_refused(LinkUsed)
    application.given(*verified).when(CORRECT_EMAIL).then_refused(EmailVerifiedAlready)
    assert APPLICATION.fold(verified) == APPLICATION.fold((*EARLIER, ACTIVATED))


def test_the_document_of_an_active_account_moves_to_a_claimant() -> None:
    application.given(*ACTIVE).when(MOVE).then(MOVED)


@pytest.mark.parametrize("history", [REGISTERED, *NO_APPLICATION], ids=len)
def test_no_other_document_moves(history: tuple[ApplicationEvent, ...]) -> None:
    application.given(*history).when(MOVE).then_refused(NoSuchApplication)


@pytest.mark.parametrize(
    "command",
    [REPEAT, ISSUE, CORRECT_EMAIL, VERIFY_NEWER, DECLARE, CompleteApplication(now=NOW)],
    ids=lambda command: type(command).__name__,
)
def test_nothing_happens_to_an_application_whose_document_moved(
    command: ApplicationCommand,
) -> None:
    application.given(*ACTIVE, MOVED).when(command).then_refused(NoSuchApplication)


def test_an_application_whose_document_moved_can_be_erased_once() -> None:
    erase = EraseApplicant(now=BEFORE)

    application.given(*ACTIVE, MOVED).when(erase).then(ApplicantErased(erased_at=BEFORE))
    application.given(*ACTIVE, MOVED, ERASED).when(erase).then_nothing_happens()


def test_submissions_end_after_the_document_moved() -> None:
    history = (*ACTIVE, RECEIVED, LINK_FOR_AGAIN, MOVED)
    drop = DropExpiredSubmission(submission_id=AGAIN, claim_ended=True, now=BEFORE)
    dropped = SubmissionDropped(
        submission_id=AGAIN, cause=SubmissionDrop.EXPIRED, dropped_at=BEFORE
    )

    application.given(*history).when(replace(drop, claim_ended=False)).then_nothing_happens()
    application.given(*history).when(drop).then(dropped)
    application.given(*history, dropped).when(drop).then_nothing_happens()


def test_a_claimant_registers_with_the_granted_document() -> None:
    claim = GrantedClaim(claim_id=UUID(int=61), holder=UUID(int=62))
    received = ReservationReceived(
        claim_id=UUID(int=61), from_person_id=UUID(int=62), received_at=BEFORE
    )

    application.given().when(replace(register(), claim=claim)).then(STARTED, received, LINK_ISSUED)
