"""Composition root: the parts of the service, put together for each of its processes."""

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from fastapi import APIRouter, FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.access import RevocationList, RevocationReader, TokenVerifier, serve_guarded
from vinculo.events import utc_now
from vinculo.eventstore import PostgresEventStore, create_engine, table_check
from vinculo.httpapi import (
    Check,
    Idempotency,
    PostgresIdempotencyStore,
    serve,
    service_app,
    worker_app,
)
from vinculo.httpapi.rate_limits import RateLimiter
from vinculo.messaging import Consumer, Relay, run_consumer, topics_check
from vinculo.onboarding.application.access_tokens import AccessTokens, read_signing_key
from vinculo.onboarding.application.activation import Activator
from vinculo.onboarding.application.activation_emails import ActivationEmails
from vinculo.onboarding.application.applicant_view import ApplicantReader
from vinculo.onboarding.application.authentication import Authenticator, Reauthenticator
from vinculo.onboarding.application.consents import ConsentService
from vinculo.onboarding.application.contacts import ContactChanges, PhoneCodes
from vinculo.onboarding.application.disputes import Disputes
from vinculo.onboarding.application.identity_corrections import IdentityCorrectionService
from vinculo.onboarding.application.login_throttle import LoginThrottle
from vinculo.onboarding.application.own_application import OwnApplicationService
from vinculo.onboarding.application.password_changes import PasswordChanges
from vinculo.onboarding.application.password_hasher import PasswordHasher
from vinculo.onboarding.application.payers import PayerCatalogue, PayerProposals
from vinculo.onboarding.application.registration import DocumentChecks, Registrar
from vinculo.onboarding.application.revocations import (
    DENIALS_REPEATED,
    REPEAT_INTERVAL_SECONDS,
    DeniedSubjects,
)
from vinculo.onboarding.application.sessions import Sessions
from vinculo.onboarding.application.staff import StaffAccounts
from vinculo.onboarding.application.submission_retention import SubmissionRetention
from vinculo.onboarding.consumers.consumer import (
    CONSUMED_TOPICS,
    ApplicationConsumer,
    onboarding_consumer,
)
from vinculo.onboarding.forms.consent_texts import read_consent_texts
from vinculo.onboarding.forms.employment import EmploymentRules
from vinculo.onboarding.forms.registration import RegistrationRules
from vinculo.onboarding.http.account import account_api, confirmations_api, own_consents_api
from vinculo.onboarding.http.disputes import disputes_api
from vinculo.onboarding.http.identity_corrections import identity_corrections_api
from vinculo.onboarding.http.own_application import own_application_api
from vinculo.onboarding.http.payers import payer_commands_api, payers_api
from vinculo.onboarding.http.problems import refusals
from vinculo.onboarding.http.registrations import (
    activation_emails_api,
    live_validation_api,
    registrations_api,
)
from vinculo.onboarding.http.response_floor import ResponseFloor
from vinculo.onboarding.http.rules import rules_api
from vinculo.onboarding.http.sessions import (
    SessionResponses,
    key_set_api,
    refresh_cookies,
    sessions_api,
    signed_in_api,
)
from vinculo.onboarding.http.staff import staff_api
from vinculo.onboarding.messages import MESSAGES
from vinculo.onboarding.settings import Settings
from vinculo.onboarding.storage.streams import (
    PUBLISHED_TOPICS,
    SERVICE,
    application_category,
    onboarding_records,
    payer_category,
)
from vinculo.onboarding.storage.tables import accounts
from vinculo.privacy import KeyRing, keyring_check
from vinculo.process import PeriodicJob, Task, configure_logging, run_until_signal, with_cleanup
from vinculo.values.document_types import read_document_types

INTERPRETER_SWITCH_INTERVAL_SECONDS: Final = 0.0005
"""Computing a password's strength holds the interpreter lock; the event loop regains it soon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependencies:
    """What a process opens once and closes at its end."""

    store: PostgresEventStore
    keyring_database: AsyncEngine
    keyring: KeyRing
    hasher: PasswordHasher
    clock: Callable[[], datetime] = utc_now

    @property
    def database(self) -> AsyncEngine:
        return self.store.engine

    async def close(self) -> None:
        self.hasher.close()
        await self.database.dispose()
        await self.keyring_database.dispose()


def open_dependencies(settings: Settings) -> Dependencies:
    url = settings.onboarding_database_url.get_secret_value()
    keyring_database = create_engine(settings.vinculo_keyring_url.get_secret_value())
    key = settings.vinculo_key_encryption_key.get_secret_value()
    return Dependencies(
        store=PostgresEventStore(create_engine(url, settings.onboarding_pool_size)),
        keyring_database=keyring_database,
        keyring=KeyRing(keyring_database, key),
        hasher=PasswordHasher(
            threads=settings.onboarding_password_threads,
            max_wait_seconds=settings.onboarding_password_wait_seconds,
        ),
    )


def api_app(settings: Settings, dependencies: Dependencies) -> FastAPI:
    parts = _Parts(settings, dependencies)
    app = service_app(
        SERVICE,
        [
            *_registration_routes(parts),
            *_session_routes(parts),
            *_application_routes(parts),
            *_payer_routes(parts),
            key_set_api(parts.tokens),
            *_account_routes(parts),
        ],
        readiness=_storage_checks(dependencies),
        refusals=refusals(),
        catalogue=MESSAGES,
    )
    app.state.token_verifier = TokenVerifier(
        settings.vinculo_public_url,
        keys=parts.tokens.public_keys,
        external=settings.vinculo_oidc_issuers,
        revocations=parts.revocations.revocations,
    )
    parts.revocations.install(app)
    return app


class _Parts:
    """What several groups of routes share."""

    def __init__(self, settings: Settings, dependencies: Dependencies) -> None:
        self.settings = settings
        self.store = dependencies.store
        self.engine = dependencies.database
        self.keyring = dependencies.keyring
        self.hasher = dependencies.hasher
        self.clock = dependencies.clock
        self.hash_key = settings.vinculo_hash_key.get_secret_value()
        self.link_key = settings.vinculo_link_key.get_secret_value()
        self.applications = application_category()
        self.payers = payer_category()
        self.idempotency = Idempotency(PostgresIdempotencyStore(self.engine), self.hash_key)
        self.throttle = LoginThrottle(self.engine)
        self.rules = RegistrationRules(
            projects=settings.onboarding_projects,
            consents=read_consent_texts(settings.onboarding_consent_texts),
            documents=read_document_types(settings.onboarding_document_types),
            ages=settings.onboarding_age_limits,
            smtputf8=settings.vinculo_smtputf8,
            passwords=settings.password_rules,
        )
        self.reader = ApplicantReader(
            store=self.store, applications=self.applications, keyring=self.keyring
        )
        self.revocations = RevocationReader(
            RevocationList(self.keyring.forget),
            settings.vinculo_kafka,
            settings.vinculo_topic_prefix,
        )
        self.tokens = AccessTokens(
            read_signing_key(settings.onboarding_signing_key.get_secret_value()),
            settings.vinculo_public_url,
        )

    def today(self) -> date:
        return self.clock().astimezone(self.settings.time_zone).date()


def _registration_routes(parts: _Parts) -> list[APIRouter]:
    rate_limiter = RateLimiter(parts.engine)
    registrar = Registrar(
        store=parts.store,
        applications=parts.applications,
        keyring=parts.keyring,
        reader=parts.reader,
        hasher=parts.hasher,
        rate_limiter=rate_limiter,
        hash_key=parts.hash_key,
        clock=parts.clock,
    )
    checks = DocumentChecks(
        engine=parts.engine,
        rate_limiter=rate_limiter,
        hint=parts.settings.onboarding_duplicate_hint,
        checks_per_hour=parts.settings.onboarding_document_checks_per_hour,
        checks_per_document=parts.settings.onboarding_document_checks_per_document,
        hash_key=parts.hash_key,
        clock=parts.clock,
    )
    emails = ActivationEmails(
        store=parts.store,
        applications=parts.applications,
        keyring=parts.keyring,
        hasher=parts.hasher,
        rate_limiter=rate_limiter,
        hash_key=parts.hash_key,
        clock=parts.clock,
    )
    return [
        rules_api(parts.rules, parts.settings.onboarding_currencies),
        registrations_api(
            registrar,
            parts.rules,
            parts.idempotency,
            parts.today,
            ResponseFloor(parts.settings.onboarding_registration_floor_seconds),
        ),
        live_validation_api(checks, parts.rules, parts.hasher, parts.today),
        activation_emails_api(emails, parts.rules, parts.idempotency),
    ]


def _session_routes(parts: _Parts) -> list[APIRouter]:
    activator = Activator(
        store=parts.store,
        applications=parts.applications,
        keyring=parts.keyring,
        reader=parts.reader,
        hasher=parts.hasher,
        throttle=parts.throttle,
        rules=parts.rules,
        hash_key=parts.hash_key,
        link_key=parts.link_key,
        today=parts.today,
        clock=parts.clock,
    )
    authenticator = Authenticator(
        engine=parts.engine,
        hasher=parts.hasher,
        throttle=parts.throttle,
        documents=parts.rules.documents,
        hash_key=parts.hash_key,
        clock=parts.clock,
    )
    sessions = Sessions(
        store=parts.store,
        revocations=parts.revocations.revocations,
        clock=parts.clock,
        longest=timedelta(days=parts.settings.onboarding_session_days),
        idle=timedelta(days=parts.settings.onboarding_session_idle_days),
    )
    cookies = refresh_cookies(parts.settings.vinculo_public_url)
    responses = SessionResponses(tokens=parts.tokens, cookies=cookies)
    return [
        sessions_api(activator, authenticator, sessions, responses),
        signed_in_api(sessions),
        staff_api(StaffAccounts(store=parts.store, hasher=parts.hasher)),
    ]


def _application_routes(parts: _Parts) -> list[APIRouter]:
    own_application = OwnApplicationService(
        reader=parts.reader,
        store=parts.store,
        applications=parts.applications,
        keyring=parts.keyring,
        proposals=PayerProposals(store=parts.store, category=parts.payers, clock=parts.clock),
        rules=EmploymentRules(
            currencies=parts.settings.onboarding_currencies,
            salary_limits=parts.settings.onboarding_salary_limits,
            smtputf8=parts.settings.vinculo_smtputf8,
            deductible_percent=parts.settings.onboarding_deductible_percent,
            refresh_days=parts.settings.onboarding_employment_refresh_days,
        ),
        clock=parts.clock,
    )
    return [own_application_api(own_application, parts.settings.onboarding_credit_url)]


def _payer_routes(parts: _Parts) -> list[APIRouter]:
    payers = PayerCatalogue(store=parts.store, category=parts.payers, clock=parts.clock)
    return [payers_api(payers, parts.idempotency), payer_commands_api(payers, parts.idempotency)]


def _account_routes(parts: _Parts) -> list[APIRouter]:
    reauthenticator = Reauthenticator(
        engine=parts.engine, hasher=parts.hasher, throttle=parts.throttle, clock=parts.clock
    )
    passwords = PasswordChanges(
        store=parts.store,
        applications=parts.applications,
        reader=parts.reader,
        hasher=parts.hasher,
        reauthenticator=reauthenticator,
        rules=parts.rules,
        hash_key=parts.hash_key,
        link_key=parts.link_key,
        clock=parts.clock,
    )
    contacts = ContactChanges(
        store=parts.store,
        applications=parts.applications,
        keyring=parts.keyring,
        reader=parts.reader,
        reauthenticator=reauthenticator,
        hash_key=parts.hash_key,
        link_key=parts.link_key,
        clock=parts.clock,
        smtputf8=parts.settings.vinculo_smtputf8,
    )
    phones = PhoneCodes(
        store=parts.store,
        applications=parts.applications,
        link_key=parts.link_key,
        clock=parts.clock,
    )
    consents = ConsentService(
        store=parts.store,
        applications=parts.applications,
        catalogue=parts.rules.consents,
        clock=parts.clock,
    )
    corrections = IdentityCorrectionService(
        reader=parts.reader,
        reauthenticator=reauthenticator,
        store=parts.store,
        applications=parts.applications,
        keyring=parts.keyring,
        throttle=parts.throttle,
        rules=parts.rules,
        hash_key=parts.hash_key,
        today=parts.today,
        clock=parts.clock,
    )
    disputes = Disputes(store=parts.store, applications=parts.applications, clock=parts.clock)
    return [
        confirmations_api(passwords, contacts),
        account_api(passwords, contacts, phones, parts.idempotency),
        own_consents_api(consents),
        identity_corrections_api(corrections, parts.idempotency),
        disputes_api(disputes, parts.idempotency),
    ]


def relay(settings: Settings) -> Relay:
    return Relay(
        settings.onboarding_database_url.get_secret_value(),
        settings.vinculo_kafka,
        onboarding_records(settings.vinculo_topic_prefix),
        SERVICE,
    )


def consumer(settings: Settings, dependencies: Dependencies) -> Consumer:
    return onboarding_consumer(
        ApplicationConsumer(
            store=dependencies.store,
            applications=application_category(),
            keyring=dependencies.keyring,
        ),
        kafka=settings.vinculo_kafka,
        topic_prefix=settings.vinculo_topic_prefix,
        session_timeout_ms=settings.vinculo_session_timeout_ms,
    )


@asynccontextmanager
async def consumer_for_commands(settings: Settings) -> AsyncIterator[Consumer]:
    """The consumer with which the dead-letter commands replay."""
    dependencies = open_dependencies(settings)
    try:
        yield consumer(settings, dependencies)
    finally:
        await dependencies.close()


def run_api(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    sys.setswitchinterval(INTERPRETER_SWITCH_INTERVAL_SECONDS)
    dependencies = open_dependencies(settings)
    app = api_app(settings, dependencies)
    run_until_signal(with_cleanup(dependencies.close, lambda: serve_guarded(app, host, port)))


def run_worker(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    dependencies = open_dependencies(settings)
    app = worker_app(SERVICE, readiness=_worker_checks(settings, dependencies))
    run_until_signal(
        with_cleanup(dependencies.close, lambda: serve(app, host, port)),
        *_worker_tasks(settings, dependencies),
    )


def run_all(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    sys.setswitchinterval(INTERPRETER_SWITCH_INTERVAL_SECONDS)
    dependencies = open_dependencies(settings)
    app = api_app(settings, dependencies)
    run_until_signal(
        with_cleanup(dependencies.close, lambda: serve_guarded(app, host, port)),
        *_worker_tasks(settings, dependencies),
    )


def _worker_tasks(settings: Settings, dependencies: Dependencies) -> tuple[Task, ...]:
    consuming = consumer(settings, dependencies)
    denials = PeriodicJob(
        name=DENIALS_REPEATED,
        work=DeniedSubjects(store=dependencies.store, clock=dependencies.clock).repeat,
        interval_seconds=REPEAT_INTERVAL_SECONDS,
        engine=dependencies.database,
    )
    jobs = (denials, *_retention_jobs(settings, dependencies))
    return (
        relay(settings).run,
        lambda: run_consumer(consuming),
        *(job.run for job in jobs),
    )


def _retention_jobs(settings: Settings, dependencies: Dependencies) -> tuple[PeriodicJob, ...]:
    retention = SubmissionRetention(
        store=dependencies.store,
        applications=application_category(),
        keyring=dependencies.keyring,
        abandon_after=timedelta(days=settings.onboarding_abandon_lapsed_after_days),
        clock=dependencies.clock,
    )
    return tuple(
        PeriodicJob(
            name=name,
            work=work,
            interval_seconds=settings.onboarding_retention_interval_seconds,
            engine=dependencies.database,
        )
        for name, work in (
            ("expired-submissions", retention.drop_expired),
            ("lapsed-applications", retention.abandon_lapsed),
        )
    )


def _storage_checks(dependencies: Dependencies) -> dict[str, Check]:
    return {
        "database": table_check(dependencies.database, accounts),
        "keyring": keyring_check(dependencies.keyring_database),
    }


def _worker_checks(settings: Settings, dependencies: Dependencies) -> dict[str, Check]:
    prefix = settings.vinculo_topic_prefix
    topics = [f"{prefix}{topic}" for topic in (*CONSUMED_TOPICS, *PUBLISHED_TOPICS.values())]
    return {**_storage_checks(dependencies), "kafka": topics_check(settings.vinculo_kafka, topics)}
