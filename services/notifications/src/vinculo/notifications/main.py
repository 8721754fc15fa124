"""Composition root: builds the parts of the service for each of its processes."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import Final

import httpx2
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.access import RevocationList, RevocationReader, TokenVerifier, serve_guarded
from vinculo.contracts import topics
from vinculo.events import utc_now
from vinculo.eventstore import PostgresEventStore, create_engine, table_check
from vinculo.httpapi import Check, serve, service_app, worker_app
from vinculo.messaging import (
    Consumer,
    PublishedStreams,
    Relay,
    dead_letter_pruning_job,
    prefixed,
    run_consumer,
    topics_check,
)
from vinculo.notifications.application.contacts import ContactReader
from vinculo.notifications.application.message_history import MessageHistory
from vinculo.notifications.application.message_queue import MessageQueue
from vinculo.notifications.application.reminders import Reminders
from vinculo.notifications.consumers.consumer import (
    SUBSCRIBED_TOPICS,
    EventHandler,
    notifications_consumer,
)
from vinculo.notifications.delivery.budgets import RecipientBudgets
from vinculo.notifications.delivery.delivery import MessageDelivery
from vinculo.notifications.delivery.message_builder import MessageBuilder
from vinculo.notifications.delivery.metrics import delivery_metrics
from vinculo.notifications.delivery.sms import HttpSmsTransport
from vinculo.notifications.delivery.smtp import SmtpTransport
from vinculo.notifications.delivery.worker import DeliveryWorker
from vinculo.notifications.http.examples import EXAMPLES
from vinculo.notifications.http.messages import messages_api
from vinculo.notifications.http.problems import REFUSALS
from vinculo.notifications.rendering.context import ContextBuilder
from vinculo.notifications.rendering.labels import Labels
from vinculo.notifications.rendering.render import Renderer
from vinculo.notifications.settings import Settings
from vinculo.notifications.storage.deliveries import ended_before
from vinculo.notifications.storage.streams import PUBLISHED_TOPICS, SERVICE, message_records
from vinculo.notifications.storage.tables import deliveries, progress
from vinculo.privacy import KeyRing, LedgerCheck, erasure_ledger, keyring_check
from vinculo.process import (
    PeriodicJob,
    Task,
    configure_logging,
    pruning_job,
    run_until_signal,
    with_cleanup,
)
from vinculo.translation import Catalogue, load_catalogue

POOL_SIZE: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    database: AsyncEngine
    keyring: AsyncEngine
    ledger_check: LedgerCheck
    http: httpx2.AsyncClient

    async def close(self) -> None:
        await self.http.aclose()
        await self.database.dispose()
        await self.keyring.dispose()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    relay: Relay
    consumer: Consumer
    delivery: DeliveryWorker
    reminders: PeriodicJob
    pruning: Sequence[PeriodicJob]


def run_api(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    connections = connect(settings)
    app = build_api(settings, connections)
    run_until_signal(with_cleanup(connections.close, lambda: serve_guarded(app, host, port)))


def run_worker(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    connections = connect(settings)
    app = worker_app(SERVICE, readiness=_worker_checks(settings, connections))
    run_until_signal(
        with_cleanup(connections.close, lambda: serve(app, host, port)),
        *worker_tasks(settings, build_worker(settings, connections)),
    )


def run_all(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    connections = connect(settings)
    app = build_api(settings, connections, _worker_checks(settings, connections))
    run_until_signal(
        with_cleanup(connections.close, lambda: serve_guarded(app, host, port)),
        *worker_tasks(settings, build_worker(settings, connections)),
    )


def build_api(
    settings: Settings, connections: Connections, checks: dict[str, Check] | None = None
) -> FastAPI:
    """`checks` are those of readiness, the storage's by default."""
    keys = KeyRing(connections.keyring, settings.vinculo_key_encryption_key.get_secret_value())
    revocations = RevocationReader(
        RevocationList(keys.forget), settings.vinculo_kafka, settings.vinculo_topic_prefix
    )
    store = PostgresEventStore(connections.database)
    catalogue = load_catalogue("vinculo.notifications")
    history = MessageHistory(store=store, queue=_message_queue(settings, store), clock=utc_now)
    app = service_app(
        SERVICE,
        [messages_api(history, catalogue)],
        readiness=checks or _storage_checks(connections),
        refusals=REFUSALS,
        catalogue=catalogue,
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


def worker_tasks(settings: Settings, worker: Worker) -> list[Task]:
    return [
        worker.relay.run,
        lambda: run_consumer(
            worker.consumer, stalled_after_seconds=settings.vinculo_stalled_after_seconds
        ),
        worker.delivery.run,
        worker.reminders.run,
        *(job.run for job in worker.pruning),
    ]


def published_streams(settings: Settings) -> PublishedStreams:
    """What the relay publishes, and the commands `republish` and `compare-topics` act on."""
    return PublishedStreams(
        relay=SERVICE,
        database_url=settings.notifications_database_url.get_secret_value(),
        kafka=settings.vinculo_kafka,
        topics=prefixed(PUBLISHED_TOPICS, settings.vinculo_topic_prefix),
    )


@asynccontextmanager
async def consumer_for_commands(settings: Settings) -> AsyncIterator[Consumer]:
    """The consumer with which the dead-letters commands replay."""
    connections = connect(settings)
    try:
        yield build_worker(settings, connections).consumer
    finally:
        await connections.close()


def build_worker(settings: Settings, connections: Connections) -> Worker:
    catalogue = load_catalogue("vinculo.notifications")
    store = PostgresEventStore(connections.database)
    keyring = KeyRing(
        connections.keyring,
        settings.vinculo_key_encryption_key.get_secret_value(),
        require_current=connections.ledger_check.require_current,
    )
    delivery = _delivery_worker(settings, catalogue, store, keyring, connections.http)
    queue = _message_queue(settings, store)
    handler = EventHandler(queue, keyring, languages=catalogue.languages, on_queued=delivery.wake)
    reminders = Reminders(
        store=store,
        queue=queue,
        idle_times=settings.reminder_idle_times,
        on_queued=delivery.wake,
        clock=utc_now,
    )
    consumer = notifications_consumer(
        connections.database,
        handler.apply,
        kafka=settings.vinculo_kafka,
        topic_prefix=settings.vinculo_topic_prefix,
        session_timeout_ms=settings.vinculo_session_timeout_ms,
    )
    return Worker(
        relay=Relay(
            settings.notifications_database_url.get_secret_value(),
            settings.vinculo_kafka,
            message_records(settings.vinculo_topic_prefix),
            SERVICE,
            topics=published_streams(settings).topics,
            topic_prefix=settings.vinculo_topic_prefix,
        ),
        consumer=consumer,
        delivery=delivery,
        reminders=PeriodicJob(
            name="queue-reminders",
            work=reminders.queue_all_due,
            interval_seconds=settings.notifications_reminder_sweep_seconds,
        ),
        pruning=[
            pruning_job(
                deliveries,
                lambda: ended_before(utc_now() - settings.deliveries_kept),
                connections.database,
            ),
            dead_letter_pruning_job(
                lambda: nullcontext([consumer]), settings.dead_letters_kept, connections.database
            ),
        ],
    )


def _delivery_worker(
    settings: Settings,
    catalogue: Catalogue,
    store: PostgresEventStore,
    keyring: KeyRing,
    http: httpx2.AsyncClient,
) -> DeliveryWorker:
    metrics = delivery_metrics()
    builder = MessageBuilder(
        contacts=ContactReader(keyring),
        contexts=ContextBuilder(
            link_key=settings.vinculo_link_key.get_secret_value(),
            app_url=settings.app_url,
            console_url=f"{settings.vinculo_public_url}/console",
            labels=Labels(catalogue, settings.time_zone),
        ),
        renderer=Renderer(brand=settings.vinculo_brand, languages=catalogue.languages),
        sender=settings.notifications_sender,
        smtputf8=settings.vinculo_smtputf8,
        clock=utc_now,
    )
    delivery = MessageDelivery(
        store=store,
        builder=builder,
        budgets=RecipientBudgets(
            engine=store.engine,
            budgets=settings.budgets,
            hash_key=settings.vinculo_link_key.get_secret_value(),
            lease=settings.lease,
            clock=utc_now,
        ),
        email=SmtpTransport(
            settings.smtp_server,
            bounce_address=settings.bounce_address,
            timeout_seconds=settings.notifications_smtp_timeout_seconds,
        ),
        sms=HttpSmsTransport(
            http,
            settings.sms_gateway,
            timeout_seconds=settings.notifications_sms_timeout_seconds,
        ),
        backoff=settings.backoff,
        max_attempts=settings.notifications_max_attempts,
        metrics=metrics,
        clock=utc_now,
    )
    return DeliveryWorker(
        engine=store.engine,
        delivery=delivery,
        concurrency=settings.notifications_concurrency,
        lease=settings.lease,
        metrics=metrics,
        clock=utc_now,
    )


def _message_queue(settings: Settings, store: PostgresEventStore) -> MessageQueue:
    return MessageQueue(
        store,
        clock=utc_now,
        disabled_templates=settings.notifications_disabled_templates,
        max_age=settings.max_age,
    )


def connect(settings: Settings) -> Connections:
    keyring = create_engine(settings.vinculo_keyring_url.get_secret_value())
    return Connections(
        database=create_engine(settings.notifications_database_url.get_secret_value(), POOL_SIZE),
        keyring=keyring,
        ledger_check=LedgerCheck(keyring, erasure_ledger(settings)),
        http=httpx2.AsyncClient(),
    )


def _storage_checks(connections: Connections) -> dict[str, Check]:
    return {
        "database": table_check(connections.database, progress),
        "keyring": keyring_check(connections.keyring),
        "erasure-ledger": connections.ledger_check.require_current,
    }


def _worker_checks(settings: Settings, connections: Connections) -> dict[str, Check]:
    """Without mail server and SMS gateway: messages wait for them, and metrics show them down."""
    prefix = settings.vinculo_topic_prefix
    needed = [f"{prefix}{topic}" for topic in (*SUBSCRIBED_TOPICS, topics.NOTIFICATIONS_MESSAGES)]
    return {
        **_storage_checks(connections),
        "kafka": topics_check(settings.vinculo_kafka, needed),
    }
