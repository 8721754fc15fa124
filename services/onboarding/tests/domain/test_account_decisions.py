"""The decisions on passwords, contacts, the phone and consents."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from vinculo.events.testing import Scenario
from vinculo.onboarding.domain.account import (
    Confirmation,
    ConsentPurpose,
    ContactKind,
    PhoneCodeIssued,
)
from vinculo.onboarding.domain.account_decisions import (
    MESSAGES_PER_WINDOW,
    MIN_PAUSE_BETWEEN_RESETS,
    AccountCommand,
    ConfirmationExpired,
    ConfirmationSuperseded,
    ConfirmationUsed,
    ConsentIndispensable,
    PhoneVerifiedAlready,
    TooManyMessages,
)
from vinculo.onboarding.domain.activation_decisions import NoSuchApplication
from vinculo.onboarding.domain.application import ApplicationEvent
from vinculo.onboarding.domain.application_decisions import APPLICATION, EmailNotVerified

from ..account_samples import (
    CHANGE_PASSWORD,
    CHANGE_REQUESTED,
    CODE_ISSUED,
    CONFIRM_CHANGE,
    CONTACT_CHANGED,
    GIVE_MARKETING,
    ISSUE_CODE,
    LATER,
    MARKETING_GIVEN,
    MARKETING_WITHDRAWN,
    NEWER_ID,
    PASSWORD_CHANGED,
    PASSWORD_RESET,
    PHONE_VERIFIED,
    REQUEST_CHANGE,
    REQUEST_RESET,
    RESET,
    RESET_REQUESTED,
    VERIFY_PHONE,
    WITHDRAW_MARKETING,
)
from ..application_samples import ACTIVE, ERASED, NOW, REGISTERED

EVERY = [
    REQUEST_RESET,
    RESET,
    CHANGE_PASSWORD,
    REQUEST_CHANGE,
    CONFIRM_CHANGE,
    ISSUE_CODE,
    VERIFY_PHONE,
    GIVE_MARKETING,
    WITHDRAW_MARKETING,
]

PHONE_CHANGE = replace(CHANGE_REQUESTED, kind=ContactKind.PHONE)

CONFIRM_PHONE = replace(CONFIRM_CHANGE, kind=ContactKind.PHONE)

NEWER = Confirmation(id=NEWER_ID, expires_at=LATER + timedelta(minutes=30))

account = Scenario(APPLICATION)


def issued(at: datetime) -> PhoneCodeIssued:
    return replace(CODE_ISSUED, issued_at=at, expires_at=at + timedelta(minutes=10))


@pytest.mark.parametrize("command", EVERY, ids=lambda command: type(command).__name__)
def test_nothing_of_an_account_changes_before_it_is_active(command: AccountCommand) -> None:
    account.given(*REGISTERED).when(command).then_refused(EmailNotVerified)


@pytest.mark.parametrize("command", EVERY, ids=lambda command: type(command).__name__)
def test_nothing_of_an_account_changes_after_its_erasure(command: AccountCommand) -> None:
    account.given(*ACTIVE, ERASED).when(command).then_refused(NoSuchApplication)


def test_a_password_reset_is_requested() -> None:
    account.given(*ACTIVE).when(REQUEST_RESET).then(RESET_REQUESTED)


def test_requests_for_a_reset_are_quiet_for_some_minutes() -> None:
    soon = replace(
        REQUEST_RESET, link=NEWER, now=NOW + MIN_PAUSE_BETWEEN_RESETS - timedelta(seconds=1)
    )

    account.given(*ACTIVE, RESET_REQUESTED).when(soon).then_nothing_happens()


def test_a_reset_can_be_requested_again_later() -> None:
    later = NOW + MIN_PAUSE_BETWEEN_RESETS
    again = replace(REQUEST_RESET, link=NEWER, now=later)

    account.given(*ACTIVE, RESET_REQUESTED).when(again).then(
        replace(RESET_REQUESTED, link_id=NEWER_ID, requested_at=later, expires_at=NEWER.expires_at)
    )


def test_the_link_resets_the_password() -> None:
    account.given(*ACTIVE, RESET_REQUESTED).when(RESET).then(PASSWORD_RESET)


@pytest.mark.parametrize(
    ("since", "refusal"),
    [
        ((), ConfirmationUsed),
        ((RESET_REQUESTED, PASSWORD_RESET), ConfirmationUsed),
        ((RESET_REQUESTED, PASSWORD_CHANGED), ConfirmationUsed),
        ((RESET_REQUESTED, CHANGE_REQUESTED, CONTACT_CHANGED), ConfirmationUsed),
        ((RESET_REQUESTED, replace(RESET_REQUESTED, link_id=NEWER_ID)), ConfirmationSuperseded),
        ((replace(RESET_REQUESTED, expires_at=LATER),), ConfirmationExpired),
    ],
    ids=["none", "used", "password changed", "address changed", "newer", "expired"],
)
def test_an_invalid_link_resets_no_password(
    since: tuple[ApplicationEvent, ...], refusal: type[Exception]
) -> None:
    account.given(*ACTIVE, *since).when(RESET).then_refused(refusal)


def test_a_password_is_changed() -> None:
    account.given(*ACTIVE).when(CHANGE_PASSWORD).then(PASSWORD_CHANGED)


def test_a_change_of_contact_is_requested() -> None:
    account.given(*ACTIVE).when(REQUEST_CHANGE).then(CHANGE_REQUESTED)


def test_a_requested_change_is_confirmed() -> None:
    account.given(*ACTIVE, CHANGE_REQUESTED).when(CONFIRM_CHANGE).then(CONTACT_CHANGED)


def test_a_new_phone_is_verified_by_the_code_that_confirms_it() -> None:
    account.given(*ACTIVE, PHONE_CHANGE).when(CONFIRM_PHONE).then(
        replace(CONTACT_CHANGED, kind=ContactKind.PHONE), PHONE_VERIFIED
    )


def test_a_verified_phone_is_not_verified_twice() -> None:
    account.given(*ACTIVE, PHONE_VERIFIED, PHONE_CHANGE).when(CONFIRM_PHONE).then(
        replace(CONTACT_CHANGED, kind=ContactKind.PHONE)
    )


@pytest.mark.parametrize(
    ("since", "refusal"),
    [
        ((), ConfirmationUsed),
        ((PHONE_CHANGE,), ConfirmationUsed),
        ((CHANGE_REQUESTED, CONTACT_CHANGED), ConfirmationUsed),
        ((CHANGE_REQUESTED, PASSWORD_RESET), ConfirmationUsed),
        ((CHANGE_REQUESTED, replace(CHANGE_REQUESTED, change_id=NEWER_ID)), ConfirmationSuperseded),
        ((replace(CHANGE_REQUESTED, expires_at=LATER),), ConfirmationExpired),
    ],
    ids=["none", "another kind", "used", "password reset", "newer", "expired"],
)
def test_an_invalid_confirmation_changes_no_contact(
    since: tuple[ApplicationEvent, ...], refusal: type[Exception]
) -> None:
    account.given(*ACTIVE, *since).when(CONFIRM_CHANGE).then_refused(refusal)


def test_a_change_of_phone_leaves_that_of_the_address_open() -> None:
    history = (*ACTIVE, CHANGE_REQUESTED, replace(PHONE_CHANGE, change_id=NEWER_ID))

    account.given(*history).when(CONFIRM_CHANGE).then(CONTACT_CHANGED)


def test_changes_are_requested_at_most_once_a_minute() -> None:
    soon = replace(REQUEST_CHANGE, change=NEWER, now=NOW + timedelta(seconds=59))

    account.given(*ACTIVE, CHANGE_REQUESTED).when(soon).then_refused(TooManyMessages, match="1 s")


def test_a_code_is_issued() -> None:
    account.given(*ACTIVE).when(ISSUE_CODE).then(CODE_ISSUED)


def test_the_same_code_is_not_issued_twice() -> None:
    account.given(*ACTIVE, CODE_ISSUED).when(ISSUE_CODE).then_nothing_happens()


def test_codes_are_issued_once_a_minute() -> None:
    soon = replace(ISSUE_CODE, code=NEWER, now=NOW + timedelta(seconds=30))
    later = replace(ISSUE_CODE, code=NEWER, now=LATER)

    account.given(*ACTIVE, CODE_ISSUED).when(soon).then_refused(TooManyMessages, match="30 s")
    account.given(*ACTIVE, CODE_ISSUED).when(later).then(
        replace(CODE_ISSUED, code_id=NEWER_ID, issued_at=LATER, expires_at=NEWER.expires_at)
    )


def test_codes_are_issued_a_few_times_a_day() -> None:
    hours = [NOW + timedelta(hours=hour) for hour in range(MESSAGES_PER_WINDOW)]
    history = (*ACTIVE, *(issued(at) for at in hours))
    last = replace(ISSUE_CODE, code=NEWER, now=NOW + timedelta(hours=23))
    next_day = replace(ISSUE_CODE, code=NEWER, now=NOW + timedelta(hours=24))

    account.given(*history).when(last).then_refused(TooManyMessages, match="3600 s")
    account.given(*history).when(next_day).then(
        replace(CODE_ISSUED, code_id=NEWER_ID, issued_at=next_day.now, expires_at=NEWER.expires_at)
    )


def test_a_verified_phone_needs_no_code() -> None:
    account.given(*ACTIVE, CODE_ISSUED, PHONE_VERIFIED).when(ISSUE_CODE).then_refused(
        PhoneVerifiedAlready
    )


def test_the_code_verifies_the_phone() -> None:
    account.given(*ACTIVE, CODE_ISSUED).when(VERIFY_PHONE).then(PHONE_VERIFIED)


@pytest.mark.parametrize(
    ("since", "refusal"),
    [
        ((), ConfirmationUsed),
        ((CODE_ISSUED, PHONE_VERIFIED), PhoneVerifiedAlready),
        ((CODE_ISSUED, replace(CODE_ISSUED, code_id=NEWER_ID)), ConfirmationSuperseded),
        ((replace(CODE_ISSUED, expires_at=LATER),), ConfirmationExpired),
    ],
    ids=["none", "used", "newer", "expired"],
)
def test_an_invalid_code_verifies_no_phone(
    since: tuple[ApplicationEvent, ...], refusal: type[Exception]
) -> None:
    account.given(*ACTIVE, *since).when(VERIFY_PHONE).then_refused(refusal)


def test_a_consent_is_given_after_registration() -> None:
    account.given(*ACTIVE).when(GIVE_MARKETING).then(MARKETING_GIVEN)


def test_a_consent_given_already_is_not_given_again() -> None:
    account.given(*ACTIVE, MARKETING_GIVEN).when(GIVE_MARKETING).then_nothing_happens()


def test_consent_to_a_newer_text_is_recorded_again() -> None:
    newer = replace(GIVE_MARKETING, text_version="2026-02")

    account.given(*ACTIVE, MARKETING_GIVEN).when(newer).then(
        replace(MARKETING_GIVEN, text_version="2026-02")
    )


def test_a_consent_is_withdrawn() -> None:
    account.given(*ACTIVE, MARKETING_GIVEN).when(WITHDRAW_MARKETING).then(MARKETING_WITHDRAWN)


@pytest.mark.parametrize("since", [(), (MARKETING_GIVEN, MARKETING_WITHDRAWN)])
def test_a_consent_that_is_not_in_force_is_not_withdrawn(
    since: tuple[ApplicationEvent, ...],
) -> None:
    account.given(*ACTIVE, *since).when(WITHDRAW_MARKETING).then_nothing_happens()


def test_a_withdrawn_consent_is_given_again() -> None:
    account.given(*ACTIVE, MARKETING_GIVEN, MARKETING_WITHDRAWN).when(GIVE_MARKETING).then(
        MARKETING_GIVEN
    )


def test_the_consent_to_store_personal_data_cannot_be_withdrawn() -> None:
    withdraw = replace(WITHDRAW_MARKETING, purpose=ConsentPurpose.PERSONAL_DATA)

    account.given(*ACTIVE).when(withdraw).then_refused(ConsentIndispensable)
