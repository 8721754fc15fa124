"""Step one: registering, and registering again."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from vinculo.events.testing import Scenario
from vinculo.onboarding.domain.account import ConsentPurpose
from vinculo.onboarding.domain.activation_decisions import (
    EmailVerifiedAlready,
    IssueActivationLink,
    NoSuchApplication,
)
from vinculo.onboarding.domain.application_decisions import (
    APPLICATION,
    AlreadyRegistered,
    PersonalDataConsentMissing,
)

from .applications import (
    ACTIVE,
    BEFORE,
    CONSENTED,
    ERASED,
    LINK_ISSUED,
    MARKETING,
    NEWER_LINK,
    NEWER_LINK_ISSUED,
    NOW,
    PERSONAL_DATA,
    REGISTERED,
    REPEAT,
    REPEATED,
    STARTED,
    register,
)

application = Scenario(APPLICATION)


def test_a_person_registers_with_consent_and_gets_a_link() -> None:
    application.given().when(register()).then(STARTED, CONSENTED, LINK_ISSUED)


def test_marketing_consent_is_recorded_beside_the_required_one() -> None:
    marketing = replace(
        CONSENTED, purpose=ConsentPurpose.MARKETING, text_sha256=MARKETING.text_sha256
    )

    application.given().when(register(PERSONAL_DATA, MARKETING)).then(
        STARTED, CONSENTED, marketing, LINK_ISSUED
    )


def test_nobody_registers_without_personal_data_consent() -> None:
    application.given().when(register(MARKETING)).then_refused(PersonalDataConsentMissing)


def test_the_same_registration_again_records_nothing() -> None:
    application.given(*REGISTERED).when(register()).then_nothing_happens()


def test_a_stream_belongs_to_one_registration() -> None:
    other = replace(register(), registration_id=UUID(int=99))

    application.given(*REGISTERED).when(other).then_refused(AlreadyRegistered)


def test_an_erased_application_cannot_be_started_anew() -> None:
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


def test_a_repeat_leaves_a_link_that_still_works_alone() -> None:
    application.given(*REGISTERED).when(REPEAT).then(REPEATED)


def test_a_repeat_after_the_link_expired_sends_the_owner_a_new_one() -> None:
    late = BEFORE + timedelta(days=2)

    application.given(*REGISTERED).when(replace(REPEAT, now=late)).then(
        replace(REPEATED, repeated_at=late), replace(NEWER_LINK_ISSUED, issued_at=late)
    )


def test_a_registration_that_was_never_there_cannot_be_repeated() -> None:
    application.given().when(REPEAT).then_refused(NoSuchApplication)


def test_a_new_activation_link_can_be_issued() -> None:
    command = IssueActivationLink(link=NEWER_LINK, now=NOW)

    application.given(*REGISTERED).when(command).then(NEWER_LINK_ISSUED)


def test_the_same_link_is_issued_once() -> None:
    command = IssueActivationLink(link=NEWER_LINK, now=NOW)

    application.given(*REGISTERED, NEWER_LINK_ISSUED).when(command).then_nothing_happens()


def test_an_active_account_gets_no_further_link() -> None:
    command = IssueActivationLink(link=NEWER_LINK, now=NOW)

    application.given(*ACTIVE).when(command).then_refused(EmailVerifiedAlready)
