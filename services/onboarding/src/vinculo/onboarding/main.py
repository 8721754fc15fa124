"""The parts of the service put together, for each of its processes."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from fastapi import FastAPI

from vinculo.access import TokenVerifier
from vinculo.eventstore import table_check
from vinculo.httpapi import (
    Check,
    Idempotency,
    PostgresIdempotencyStore,
    serve,
    service_app,
    worker_app,
)
from vinculo.messaging import Consumer, Relay, run_consumer, topics_check
from vinculo.onboarding.accounts.access_tokens import AccessTokens, signing_key
from vinculo.onboarding.accounts.routes import account_routes
from vinculo.onboarding.accounts.sessions import Sessions
from vinculo.onboarding.accounts.sign_in import Door
from vinculo.onboarding.accounts.sign_in_attempts import SignInAttempts
from vinculo.onboarding.api.problems import MESSAGES, refusals
from vinculo.onboarding.api.refresh_cookies import refresh_cookies
from vinculo.onboarding.api.sessions import SessionAnswers, key_set_api, sessions_api
from vinculo.onboarding.consumers import LISTENS_TO, Listener, onboarding_consumer
from vinculo.onboarding.income.routes import income_routes
from vinculo.onboarding.registering.activation import Activator
from vinculo.onboarding.registering.routes import registering_apis, registration_rules
from vinculo.onboarding.resources import Resources, resources
from vinculo.onboarding.settings import Settings
from vinculo.onboarding.storage.streams import (
    PUBLISHED_TOPICS,
    SERVICE,
    application_category,
    onboarding_records,
)
from vinculo.onboarding.storage.tables import accounts
from vinculo.privacy import keyring_check
from vinculo.process import Task, configure_logging, run_until_signal, with_cleanup

SWITCH_SECONDS: Final = 0.0005
"""Judging a password's strength holds the interpreter: the event loop asks for it back sooner."""


def api_app(settings: Settings, using: Resources) -> FastAPI:
    store, clock = using.store, using.clock
    hash_key = settings.vinculo_hash_key.get_secret_value()
    issuer = settings.vinculo_public_url
    applications = application_category()
    rules = registration_rules(settings)
    idempotency = Idempotency(PostgresIdempotencyStore(using.database), hash_key)
    tokens = AccessTokens(signing_key(settings.onboarding_signing_key.get_secret_value()), issuer)
    activator = Activator(
        store=store,
        applications=applications,
        link_key=settings.vinculo_link_key.get_secret_value(),
        clock=clock,
    )
    door = Door(
        store=store,
        passwords=using.passwords,
        attempts=SignInAttempts(using.database),
        documents=rules.documents,
        hash_key=hash_key,
        clock=clock,
    )
    sessions = Sessions(
        engine=using.database,
        clock=clock,
        longest=timedelta(days=settings.onboarding_session_days),
        idle=timedelta(days=settings.onboarding_session_idle_days),
    )
    app = service_app(
        SERVICE,
        [
            *registering_apis(settings, using, applications, rules, idempotency),
            sessions_api(
                activator,
                door,
                sessions,
                SessionAnswers(tokens=tokens, cookies=refresh_cookies(issuer)),
            ),
            *income_routes(
                settings,
                store=store,
                keyring=using.keyring,
                idempotency=idempotency,
                clock=clock,
            ),
            key_set_api(tokens),
            *account_routes(
                settings,
                store=store,
                keyring=using.keyring,
                passwords=using.passwords,
                idempotency=idempotency,
                rules=rules,
                clock=clock,
            ),
        ],
        readiness=_storage_checks(using),
        refusals=refusals(),
        catalogue=MESSAGES,
    )
    app.state.token_verifier = TokenVerifier(
        issuer, keys=tokens.public_keys, external=settings.vinculo_oidc_issuers
    )
    return app


def relay(settings: Settings) -> Relay:
    return Relay(
        settings.onboarding_database_url.get_secret_value(),
        settings.vinculo_kafka,
        onboarding_records(settings.vinculo_topic_prefix),
        SERVICE,
    )


def consumer(settings: Settings, using: Resources) -> Consumer:
    return onboarding_consumer(
        Listener(store=using.store, applications=application_category(), keyring=using.keyring),
        kafka=settings.vinculo_kafka,
        topic_prefix=settings.vinculo_topic_prefix,
        session_timeout_ms=settings.vinculo_session_timeout_ms,
    )


def run_api(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    sys.setswitchinterval(SWITCH_SECONDS)
    using = resources(settings)
    app = api_app(settings, using)
    run_until_signal(with_cleanup(using.close, lambda: serve(app, host, port)))


def run_worker(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    using = resources(settings)
    app = worker_app(SERVICE, readiness=_worker_checks(settings, using))
    run_until_signal(
        with_cleanup(using.close, lambda: serve(app, host, port)), *_works(settings, using)
    )


def run_all(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    sys.setswitchinterval(SWITCH_SECONDS)
    using = resources(settings)
    app = api_app(settings, using)
    run_until_signal(
        with_cleanup(using.close, lambda: serve(app, host, port)), *_works(settings, using)
    )


@asynccontextmanager
async def consumer_for_commands(settings: Settings) -> AsyncIterator[Consumer]:
    """Give the consumer that the dead-letters commands replay with."""
    using = resources(settings)
    try:
        yield consumer(settings, using)
    finally:
        await using.close()


def _works(settings: Settings, using: Resources) -> tuple[Task, Task]:
    consuming = consumer(settings, using)
    return relay(settings).run, lambda: run_consumer(consuming)


def _storage_checks(using: Resources) -> dict[str, Check]:
    return {
        "database": table_check(using.database, accounts),
        "keyring": keyring_check(using.keyring_database),
    }


def _worker_checks(settings: Settings, using: Resources) -> dict[str, Check]:
    prefix = settings.vinculo_topic_prefix
    needed = [f"{prefix}{topic}" for topic in (*LISTENS_TO, *PUBLISHED_TOPICS.values())]
    return {**_storage_checks(using), "kafka": topics_check(settings.vinculo_kafka, needed)}
