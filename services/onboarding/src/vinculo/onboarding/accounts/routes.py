"""The parts about accounts put together: passwords, contacts, phone codes, consents, identity."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from vinculo.eventstore import PostgresEventStore
from vinculo.httpapi import Idempotency
from vinculo.onboarding.accounts.contact_changes import ContactChanges
from vinculo.onboarding.accounts.password_changes import PasswordChanges
from vinculo.onboarding.accounts.password_proof import PasswordProof
from vinculo.onboarding.accounts.passwords import Passwords
from vinculo.onboarding.accounts.phone_codes import PhoneCodes
from vinculo.onboarding.accounts.sign_in_attempts import SignInAttempts
from vinculo.onboarding.api.account import account_api
from vinculo.onboarding.api.confirmations import confirmations_api
from vinculo.onboarding.api.identity_corrections import identity_corrections_api
from vinculo.onboarding.api.own_consents import own_consents_api
from vinculo.onboarding.forms.registration import RegistrationRules
from vinculo.onboarding.identity.corrections import IdentityCorrections
from vinculo.onboarding.own.consents import OwnConsents
from vinculo.onboarding.own.known_people import KnownPeople
from vinculo.onboarding.settings import Settings
from vinculo.onboarding.storage.streams import application_category
from vinculo.privacy import KeyRing


def account_routes(
    settings: Settings,
    *,
    store: PostgresEventStore,
    keyring: KeyRing,
    passwords: Passwords,
    idempotency: Idempotency,
    rules: RegistrationRules,
    clock: Callable[[], datetime],
) -> list[APIRouter]:
    applications = application_category()
    link_key = settings.vinculo_link_key.get_secret_value()
    known = KnownPeople(store=store, applications=applications, keyring=keyring)
    proof = PasswordProof(
        engine=store.engine,
        passwords=passwords,
        attempts=SignInAttempts(store.engine),
        clock=clock,
    )
    password_changes = PasswordChanges(
        store=store,
        applications=applications,
        known=known,
        passwords=passwords,
        proof=proof,
        documents=rules.documents,
        hash_key=settings.vinculo_hash_key.get_secret_value(),
        link_key=link_key,
        clock=clock,
    )
    contact_changes = ContactChanges(
        store=store,
        applications=applications,
        keyring=keyring,
        known=known,
        proof=proof,
        link_key=link_key,
        clock=clock,
    )
    phone_codes = PhoneCodes(store=store, applications=applications, link_key=link_key, clock=clock)
    own_consents = OwnConsents(
        store=store, applications=applications, catalogue=rules.consents, clock=clock
    )
    zone = ZoneInfo(settings.vinculo_time_zone)
    corrections = IdentityCorrections(
        store=store,
        applications=applications,
        keyring=keyring,
        prove=proof.prove,
        attempts=SignInAttempts(store.engine),
        rules=rules,
        hash_key=settings.vinculo_hash_key.get_secret_value(),
        today=lambda: clock().astimezone(zone).date(),
        clock=clock,
    )
    return [
        confirmations_api(password_changes, contact_changes),
        account_api(password_changes, contact_changes, phone_codes, idempotency),
        own_consents_api(own_consents),
        identity_corrections_api(corrections, idempotency),
    ]
