"""Composition root: the processes of the service, and what the worker runs."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import timedelta
from typing import Final

from vinculo.access import serve_guarded
from vinculo.httpapi import (
    Check,
    serve,
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
from vinculo.onboarding.api import api_app
from vinculo.onboarding.application.disputes import ContestedDocuments
from vinculo.onboarding.application.revocations import (
    DENIALS_REPEATED,
    REPEAT_INTERVAL_SECONDS,
    DeniedSubjects,
)
from vinculo.onboarding.application.submission_retention import SubmissionRetention
from vinculo.onboarding.consumers.consumer import (
    CONSUMED_TOPICS,
    ApplicationConsumer,
    onboarding_consumer,
)
from vinculo.onboarding.dependencies import Dependencies, open_dependencies, storage_checks
from vinculo.onboarding.metrics import onboarding_metrics
from vinculo.onboarding.settings import Settings
from vinculo.onboarding.storage.streams import (
    PUBLISHED_TOPICS,
    SERVICE,
    application_category,
    claim_category,
    onboarding_records,
)
from vinculo.onboarding.storage.submissions import ended_links
from vinculo.onboarding.storage.tables import activation_links
from vinculo.process import (
    PeriodicJob,
    Task,
    configure_logging,
    pruning_job,
    run_until_signal,
    with_cleanup,
)

INTERPRETER_SWITCH_INTERVAL_SECONDS: Final = 0.0005
"""Computing a password's strength holds the interpreter lock; the event loop regains it soon."""

CONTESTED_INTERVAL_SECONDS: Final = 60.0
"""Between two counts of contested documents by a worker; each exposes the number."""


def relay(settings: Settings) -> Relay:
    return Relay(
        settings.onboarding_database_url.get_secret_value(),
        settings.vinculo_kafka,
        onboarding_records(settings.vinculo_topic_prefix),
        SERVICE,
        topics=published_streams(settings).topics,
        topic_prefix=settings.vinculo_topic_prefix,
    )


def consumer(settings: Settings, dependencies: Dependencies) -> Consumer:
    return onboarding_consumer(
        ApplicationConsumer(
            store=dependencies.store,
            applications=application_category(),
            claims=claim_category(),
            keyring=dependencies.keyring,
        ),
        kafka=settings.vinculo_kafka,
        topic_prefix=settings.vinculo_topic_prefix,
        session_timeout_ms=settings.vinculo_session_timeout_ms,
    )


def published_streams(settings: Settings) -> PublishedStreams:
    """What the relay publishes, and the commands `republish` and `compare-topics` act on."""
    return PublishedStreams(
        relay=SERVICE,
        database_url=settings.onboarding_database_url.get_secret_value(),
        kafka=settings.vinculo_kafka,
        topics=prefixed(PUBLISHED_TOPICS, settings.vinculo_topic_prefix),
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
    contested = PeriodicJob(
        name="contested-documents",
        work=ContestedDocuments(engine=dependencies.database, metrics=onboarding_metrics()).measure,
        interval_seconds=CONTESTED_INTERVAL_SECONDS,
    )
    links_kept = timedelta(days=settings.onboarding_links_kept_days)
    links = pruning_job(
        activation_links,
        lambda: ended_links(dependencies.clock() - links_kept),
        dependencies.database,
    )
    dead_letters = dead_letter_pruning_job(
        lambda: nullcontext([consuming]), settings.dead_letters_kept, dependencies.database
    )
    jobs = (denials, contested, links, dead_letters, *_retention_jobs(settings, dependencies))
    return (
        relay(settings).run,
        lambda: run_consumer(
            consuming, stalled_after_seconds=settings.vinculo_stalled_after_seconds
        ),
        *(job.run for job in jobs),
    )


def _retention_jobs(settings: Settings, dependencies: Dependencies) -> tuple[PeriodicJob, ...]:
    retention = SubmissionRetention(
        store=dependencies.store,
        applications=application_category(),
        claims=claim_category(),
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
            ("discarded-keys", retention.destroy_discarded_keys),
            ("document-claims", retention.end_claims),
            ("lapsed-applications", retention.abandon_lapsed),
        )
    )


def _worker_checks(settings: Settings, dependencies: Dependencies) -> dict[str, Check]:
    prefix = settings.vinculo_topic_prefix
    topics = [f"{prefix}{topic}" for topic in (*CONSUMED_TOPICS, *PUBLISHED_TOPICS.values())]
    return {**storage_checks(dependencies), "kafka": topics_check(settings.vinculo_kafka, topics)}
