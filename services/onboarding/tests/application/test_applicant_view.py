"""The fold of a person's events, by which the current data is found."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from vinculo.onboarding.application.applicant_view import ApplicantHistory, applicant_history
from vinculo.onboarding.domain.account import (
    Channel,
    ConsentPurpose,
    ConsentWithdrawn,
    Contact,
    ContactChanged,
    ContactChangeRequested,
    ContactKind,
    ContactReplaced,
    PhoneVerified,
)
from vinculo.onboarding.domain.application import ApplicationEvent
from vinculo.onboarding.domain.submission import EmailCorrected

from ..application_samples import ACTIVATED, CONSENTED, DECLARED, NOW, REGISTERED, STARTED

LATER = NOW + timedelta(hours=1)

REQUESTED = ContactChangeRequested(
    change_id=UUID(int=31),
    kind=ContactKind.PHONE,
    requested_at=NOW,
    expires_at=LATER,
    personal=Contact(contact="+573009999999"),
)

CHANGED = ContactChanged(
    change_id=UUID(int=31),
    kind=ContactKind.PHONE,
    changed_at=NOW,
    personal=ContactReplaced(contact="+573009999999", previous="+573001234567"),
)


def shown(*events: ApplicationEvent) -> ApplicantHistory:
    return applicant_history([*REGISTERED, *events])


def test_a_new_registration_shows_who_registered() -> None:
    history = shown()

    assert (history.identity, history.email, history.phone) == (STARTED, STARTED, STARTED)
    assert history.phone_verified_at is None
    assert history.employment is None


def test_consents_in_force_are_those_given_and_not_withdrawn_since() -> None:
    marketing = replace(CONSENTED, purpose=ConsentPurpose.MARKETING)
    withdrawn = ConsentWithdrawn(
        purpose=ConsentPurpose.MARKETING, channel=Channel.WEB, withdrawn_at=NOW
    )

    assert set(shown(ACTIVATED, marketing).consents) == set(ConsentPurpose)
    assert set(shown(ACTIVATED, marketing, withdrawn).consents) == {ConsentPurpose.PERSONAL_DATA}
    assert set(shown(ACTIVATED, marketing, withdrawn, marketing).consents) == set(ConsentPurpose)


def test_a_phone_is_verified_by_a_code_also_after_a_change() -> None:
    verified = PhoneVerified(code_id=UUID(int=30), verified_at=NOW)

    assert shown(verified).phone_verified_at == NOW
    assert shown(REQUESTED, CHANGED).phone_verified_at == NOW


def test_a_contact_change_is_pending_until_it_is_confirmed_or_expires() -> None:
    assert shown(REQUESTED).pending_contact_changes(NOW) == [REQUESTED]
    assert shown(REQUESTED).pending_contact_changes(LATER) == []
    assert shown(REQUESTED, CHANGED).pending_contact_changes(NOW) == []


def test_contacts_are_those_that_were_confirmed_last() -> None:
    corrected = EmailCorrected(corrected_at=NOW, personal=Contact(contact="b@example.com"))
    history = shown(corrected, REQUESTED, CHANGED)

    assert (history.email, history.phone) == (corrected, CHANGED)
    assert shown(REQUESTED).phone == STARTED


def test_every_declaration_is_stored_and_the_last_is_current() -> None:
    newer = replace(DECLARED, declared_at=LATER)
    history = shown(DECLARED, newer)

    assert history.employments == (DECLARED, newer)
    assert history.employment == newer
