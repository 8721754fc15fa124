"""The routes of registering, until the account is active, put together."""

from datetime import date
from zoneinfo import ZoneInfo

from fastapi import APIRouter

from vinculo.eventstore import Category
from vinculo.httpapi import Idempotency
from vinculo.httpapi.rate_limits import RateLimiter
from vinculo.onboarding.api.activation_emails import activation_emails_api
from vinculo.onboarding.api.live_checks import live_checks_api
from vinculo.onboarding.api.registrations import registrations_api
from vinculo.onboarding.domain.application import Application, ApplicationEvent
from vinculo.onboarding.domain.application_decisions import ApplicationCommand
from vinculo.onboarding.forms.consent_texts import read_consent_texts
from vinculo.onboarding.forms.registration import RegistrationRules
from vinculo.onboarding.registering.activation_emails import ActivationEmails
from vinculo.onboarding.registering.document_checks import DocumentChecks
from vinculo.onboarding.registering.registration import Registrar
from vinculo.onboarding.resources import Resources
from vinculo.onboarding.settings import Settings
from vinculo.values.document_types import read_document_types


def registration_rules(settings: Settings) -> RegistrationRules:
    return RegistrationRules(
        projects=settings.onboarding_projects,
        consents=read_consent_texts(settings.onboarding_consent_texts),
        documents=read_document_types(settings.onboarding_document_types),
        ages=settings.onboarding_age_limits,
    )


def registering_apis(
    settings: Settings,
    using: Resources,
    applications: Category[ApplicationCommand, Application, ApplicationEvent],
    rules: RegistrationRules,
    idempotency: Idempotency,
) -> list[APIRouter]:
    store, clock = using.store, using.clock
    hash_key = settings.vinculo_hash_key.get_secret_value()
    zone = ZoneInfo(settings.vinculo_time_zone)
    rate_limiter = RateLimiter(using.database)
    registrar = Registrar(
        store=store,
        applications=applications,
        keyring=using.keyring,
        passwords=using.passwords,
        hash_key=hash_key,
        clock=clock,
    )
    checks = DocumentChecks(
        store=store,
        rate_limiter=rate_limiter,
        hint=settings.onboarding_duplicate_hint,
        checks_per_hour=settings.onboarding_document_checks_per_hour,
        hash_key=hash_key,
        clock=clock,
    )
    emails = ActivationEmails(
        store=store,
        applications=applications,
        keyring=using.keyring,
        passwords=using.passwords,
        rate_limiter=rate_limiter,
        hash_key=hash_key,
        clock=clock,
    )

    def today() -> date:
        return clock().astimezone(zone).date()

    return [
        registrations_api(registrar, rules, idempotency, today),
        live_checks_api(checks, rules, using.passwords, today),
        activation_emails_api(emails, idempotency),
    ]
