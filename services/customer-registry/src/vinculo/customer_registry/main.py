"""The composition root: puts the parts of each process together."""

import asyncio
import sys
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.access import RevocationList, RevocationReader, TokenVerifier, serve_guarded
from vinculo.contracts import topics
from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.application.policy_publication import publish_policies_with_retries
from vinculo.customer_registry.application.repeated_erasures import (
    ReappliedErasures,
    reapply_erasures,
)
from vinculo.customer_registry.application.sweeps import (
    ACTIVATION_LAPSE,
    POLICY_REEVALUATION,
    lapse_activations,
    reevaluate_outdated_people,
)
from vinculo.customer_registry.consumers.consumer import registry_consumer
from vinculo.customer_registry.consumers.credit_consumer import credit_consumer
from vinculo.customer_registry.evaluation.policy_file import ProjectPolicies, read_policies
from vinculo.customer_registry.evaluation.rules import RuleEngine
from vinculo.customer_registry.http.examples import EXAMPLES
from vinculo.customer_registry.http.internal_users import internal_users_api
from vinculo.customer_registry.http.problems import REFUSALS
from vinculo.customer_registry.http.registry import registry_api
from vinculo.customer_registry.messages import MESSAGES
from vinculo.customer_registry.metrics import registry_metrics
from vinculo.customer_registry.settings import Settings
from vinculo.customer_registry.storage.erasure_ledger import LedgerRecorder
from vinculo.customer_registry.storage.policies import active_versions
from vinculo.customer_registry.storage.streams import PUBLISHED_TOPICS, SERVICE, registry_records
from vinculo.customer_registry.storage.tables import people
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
from vinculo.messaging import (
    Consumer,
    PublishedStreams,
    Relay,
    dead_letter_pruning_job,
    prefixed,
    run_consumer,
    topics_check,
)
from vinculo.privacy import (
    ErasureLedger,
    KeyRing,
    LedgerCheck,
    erasure_ledger,
    keyring_check,
)
from vinculo.process import (
    ConfigurationFileError,
    PeriodicJob,
    Task,
    configure_logging,
    run_until_signal,
    with_cleanup,
)
from vinculo.process.settings import EXIT_BAD_SETTING

POOL_SIZE: Final = 12
ERASURE_LEDGER: Final = "erasure-ledger"
LOG_KEYS: Final = frozenset({"requirement"})
"""Keys of log lines beside the common ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    database: AsyncEngine
    keyring: AsyncEngine
    ledger: ErasureLedger | None
    ledger_check: LedgerCheck

    async def dispose(self) -> None:
        await self.database.dispose()
        await self.keyring.dispose()


def run_api(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE, also=LOG_KEYS)
    engines = build_engines(settings)
    app = build_api(settings, engines)
    run_until_signal(with_cleanup(engines.dispose, lambda: serve_guarded(app, host, port)))


def run_worker(settings: Settings, *, host: str, port: int) -> None:
    policies = policies_or_exit(settings)
    configure_logging(SERVICE, also=LOG_KEYS)
    engines = build_engines(settings)
    app = worker_app(SERVICE, readiness=_worker_checks(settings, policies, engines))
    run_until_signal(
        with_cleanup(engines.dispose, lambda: serve(app, host, port)),
        *worker_tasks(settings, policies, engines),
    )


def run_all(settings: Settings, *, host: str, port: int) -> None:
    policies = policies_or_exit(settings)
    configure_logging(SERVICE, also=LOG_KEYS)
    engines = build_engines(settings)
    app = build_api(settings, engines, _worker_checks(settings, policies, engines))
    run_until_signal(
        with_cleanup(engines.dispose, lambda: serve_guarded(app, host, port)),
        *worker_tasks(settings, policies, engines),
    )


def policies_or_exit(settings: Settings) -> ProjectPolicies:
    """Read the policies, or end the process as any other bad setting does."""
    try:
        return read_policies(settings.registry_policies, RuleEngine())
    except ConfigurationFileError as error:
        print(f"REGISTRY_POLICIES: {error}", file=sys.stderr)  # noqa: T201 - for people
        sys.exit(EXIT_BAD_SETTING)


def build_api(
    settings: Settings, engines: Engines, checks: dict[str, Check] | None = None
) -> FastAPI:
    dependencies = build_dependencies(settings, engines)
    revocations = RevocationReader(
        RevocationList(dependencies.keys.forget),
        settings.vinculo_kafka,
        settings.vinculo_topic_prefix,
    )
    idempotency = Idempotency(
        PostgresIdempotencyStore(engines.database), settings.vinculo_hash_key.get_secret_value()
    )
    app = service_app(
        SERVICE,
        [registry_api(dependencies, idempotency), internal_users_api(dependencies, idempotency)],
        readiness=checks or _storage_checks(engines),
        refusals=REFUSALS,
        catalogue=MESSAGES,
        examples=EXAMPLES,
        api_docs_on=settings.api_docs_on,
    )
    app.state.token_verifier = TokenVerifier(
        settings.vinculo_public_url,
        jwks_url=settings.vinculo_jwks_url,
        external=settings.vinculo_oidc_issuers,
        revocations=revocations.revocations,
    )
    revocations.install(app)
    return app


def worker_tasks(settings: Settings, policies: ProjectPolicies, engines: Engines) -> list[Task]:
    """The relay starts at once, everything else when the policies are published."""
    dependencies = build_dependencies(settings, engines)
    consumers = build_consumers(settings, dependencies)
    relay = Relay(
        settings.registry_database_url.get_secret_value(),
        settings.vinculo_kafka,
        registry_records(settings.vinculo_topic_prefix),
        SERVICE,
        topics=published_streams(settings).topics,
        topic_prefix=settings.vinculo_topic_prefix,
    )
    sweeps = [
        *_sweeps(settings, dependencies),
        dead_letter_pruning_job(
            lambda: nullcontext(consumers), settings.dead_letters_kept, engines.database
        ),
    ]

    async def consume_and_sweep() -> None:
        await publish_policies_with_retries(dependencies, policies)
        async with asyncio.TaskGroup() as group:
            for consumer in consumers:
                group.create_task(
                    run_consumer(
                        consumer, stalled_after_seconds=settings.vinculo_stalled_after_seconds
                    )
                )
            for sweep in sweeps:
                group.create_task(sweep.run())

    return [relay.run, consume_and_sweep]


def published_streams(settings: Settings) -> PublishedStreams:
    """What the relay publishes, and the commands `republish` and `compare-topics` act on."""
    return PublishedStreams(
        relay=SERVICE,
        database_url=settings.registry_database_url.get_secret_value(),
        kafka=settings.vinculo_kafka,
        topics=prefixed(PUBLISHED_TOPICS, settings.vinculo_topic_prefix),
    )


@asynccontextmanager
async def consumers_for_commands(settings: Settings) -> AsyncIterator[Sequence[Consumer]]:
    """The consumers with which the dead-letters commands replay."""
    engines = build_engines(settings)
    try:
        yield build_consumers(settings, build_dependencies(settings, engines))
    finally:
        await engines.dispose()


async def reapply_outstanding_erasures(settings: Settings) -> ReappliedErasures | None:
    """Erase again the people whom the ledger reports as erased; None without a ledger."""
    engines = build_engines(settings)
    try:
        if engines.ledger is None:
            return None
        dependencies = build_dependencies(settings, engines)
        return await reapply_erasures(dependencies, engines.keyring, engines.ledger)
    finally:
        await engines.dispose()


def build_engines(settings: Settings) -> Engines:
    keyring = create_engine(settings.vinculo_keyring_url.get_secret_value())
    ledger = erasure_ledger(settings)
    return Engines(
        database=create_engine(settings.registry_database_url.get_secret_value(), POOL_SIZE),
        keyring=keyring,
        ledger=ledger,
        ledger_check=LedgerCheck(keyring, ledger),
    )


def build_dependencies(settings: Settings, engines: Engines) -> RegistryDependencies:
    return RegistryDependencies(
        store=PostgresEventStore(engines.database),
        keys=KeyRing(
            engines.keyring,
            settings.vinculo_key_encryption_key.get_secret_value(),
            require_current=engines.ledger_check.require_current,
        ),
        recorder=LedgerRecorder(
            database=engines.database, keyring=engines.keyring, ledger=engines.ledger
        ),
        rules=RuleEngine(),
        metrics=registry_metrics(),
        clock=utc_now,
        time_zone=settings.time_zone,
    )


def build_consumers(settings: Settings, dependencies: RegistryDependencies) -> list[Consumer]:
    """The consumers of the other services' events and of credit systems' reports."""
    return [
        build(
            dependencies,
            dependencies.store.engine,
            kafka=settings.vinculo_kafka,
            prefix=settings.vinculo_topic_prefix,
            session_timeout_ms=settings.vinculo_session_timeout_ms,
        )
        for build in (registry_consumer, credit_consumer)
    ]


def _sweeps(settings: Settings, dependencies: RegistryDependencies) -> list[PeriodicJob]:
    lapses_after = timedelta(
        days=max(
            settings.registry_activation_lapses_after_days,
            settings.registry_lapse_after_last_link_days,
        )
    )
    return [
        PeriodicJob(
            name=POLICY_REEVALUATION,
            work=lambda: reevaluate_outdated_people(dependencies),
            interval_seconds=settings.registry_sweep_interval_seconds,
            engine=dependencies.store.engine,
        ),
        PeriodicJob(
            name=ACTIVATION_LAPSE,
            work=lambda: lapse_activations(dependencies, lapses_after),
            interval_seconds=settings.registry_sweep_interval_seconds,
            engine=dependencies.store.engine,
        ),
        PeriodicJob(
            name=ERASURE_LEDGER,
            work=dependencies.recorder.record,
            interval_seconds=settings.registry_sweep_interval_seconds,
            engine=dependencies.store.engine,
        ),
    ]


def _storage_checks(engines: Engines) -> dict[str, Check]:
    return {
        "database": table_check(engines.database, people),
        "keyring": keyring_check(engines.keyring),
        "erasure-ledger": engines.ledger_check.require_current,
    }


def _worker_checks(
    settings: Settings, policies: ProjectPolicies, engines: Engines
) -> dict[str, Check]:
    required_topics = [
        f"{settings.vinculo_topic_prefix}{topic}"
        for topic in (
            topics.ONBOARDING_APPLICATIONS,
            topics.ONBOARDING_DOCUMENT_CLAIMS,
            topics.DOCUMENTS_DOSSIERS,
            topics.CREDIT_LOANS,
            topics.CREDIT_APPLICATIONS,
            topics.CUSTOMER_REGISTRY_CUSTOMERS,
            topics.CUSTOMER_REGISTRY_POLICIES,
            topics.CUSTOMER_REGISTRY_CREDIT,
            topics.CUSTOMER_REGISTRY_CREDIT_REFUSALS,
            topics.ACCESS_REVOCATIONS,
        )
    ]
    return {
        **_storage_checks(engines),
        "policies": _policies_check(engines.database, policies.by_project),
        "kafka": topics_check(settings.vinculo_kafka, required_topics),
    }


def _policies_check(engine: AsyncEngine, projects: Collection[str]) -> Check:
    """Every configured project has an active policy."""

    async def check() -> None:
        async with engine.connect() as connection:
            active = {project for project, _ in await active_versions(connection)}
        if missing := sorted(set(projects) - active):
            raise LookupError(f"no policy published for {', '.join(missing)}")

    return check
