"""Composition root: builds the parts of the service for each of its processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx2
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.contracts import topics
from vinculo.events import utc_now
from vinculo.eventstore import PostgresEventStore, create_engine, table_check
from vinculo.httpapi import Check, serve, service_app, worker_app
from vinculo.messaging import Consumer, Relay, run_consumer, topics_check
from vinculo.notifications.application.contacts import ContactReader
from vinculo.notifications.application.message_queue import MessageQueue
from vinculo.notifications.application.reminders import Reminders
from vinculo.notifications.consumers.consumer import (
    SUBSCRIBED_TOPICS,
    EventHandler,
    notifications_consumer,
)
from vinculo.notifications.delivery.delivery import MessageBuilder, MessageDelivery
from vinculo.notifications.delivery.metrics import delivery_metrics
from vinculo.notifications.delivery.sms import HttpSmsTransport
from vinculo.notifications.delivery.smtp import SmtpTransport
from vinculo.notifications.delivery.worker import DeliveryWorker
from vinculo.notifications.rendering.context import ContextBuilder
from vinculo.notifications.rendering.labels import Labels
from vinculo.notifications.rendering.render import Renderer
from vinculo.notifications.settings import Settings
from vinculo.notifications.storage.streams import SERVICE, message_records
from vinculo.notifications.storage.tables import progress
from vinculo.privacy import KeyRing, keyring_check
from vinculo.process import PeriodicJob, configure_logging, run_until_signal, with_cleanup
from vinculo.translation import Catalogue, load_catalogue

POOL_SIZE: Final = 16


def run_api(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    connections = _connect(settings)
    app = service_app(SERVICE, (), readiness=_storage_checks(connections))
    run_until_signal(with_cleanup(connections.close, lambda: serve(app, host, port)))


def run_worker(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    connections = _connect(settings)
    app = worker_app(SERVICE, readiness=_worker_checks(settings, connections))
    worker = build_worker(settings, connections)
    run_until_signal(
        with_cleanup(connections.close, lambda: serve(app, host, port)),
        worker.relay.run,
        lambda: run_consumer(worker.consumer),
        worker.delivery.run,
        worker.reminders.run,
    )


@asynccontextmanager
async def consumer_for_commands(settings: Settings) -> AsyncIterator[Consumer]:
    """The consumer with which the dead-letters commands replay."""
    connections = _connect(settings)
    try:
        yield build_worker(settings, connections).consumer
    finally:
        await connections.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    database: AsyncEngine
    keyring: AsyncEngine
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


def build_worker(settings: Settings, connections: Connections) -> Worker:
    catalogue = load_catalogue("vinculo.notifications")
    store = PostgresEventStore(connections.database)
    keyring = KeyRing(connections.keyring, settings.vinculo_key_encryption_key.get_secret_value())
    delivery = _delivery_worker(settings, catalogue, store, keyring, connections.http)
    queue = MessageQueue(
        store,
        clock=utc_now,
        disabled_templates=settings.notifications_disabled_templates,
        max_age=settings.max_age,
    )
    handler = EventHandler(queue, keyring, languages=catalogue.languages, on_queued=delivery.wake)
    reminders = Reminders(
        store=store,
        queue=queue,
        idle_times=settings.reminder_idle_times,
        on_queued=delivery.wake,
        clock=utc_now,
    )
    return Worker(
        relay=Relay(
            settings.notifications_database_url.get_secret_value(),
            settings.vinculo_kafka,
            message_records(settings.vinculo_topic_prefix),
            SERVICE,
        ),
        consumer=notifications_consumer(
            connections.database,
            handler.apply,
            kafka=settings.vinculo_kafka,
            topic_prefix=settings.vinculo_topic_prefix,
            session_timeout_ms=settings.vinculo_session_timeout_ms,
        ),
        delivery=delivery,
        reminders=PeriodicJob(
            name="queue-reminders",
            work=reminders.queue_all_due,
            interval_seconds=settings.notifications_reminder_sweep_seconds,
        ),
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


def _connect(settings: Settings) -> Connections:
    return Connections(
        database=create_engine(settings.notifications_database_url.get_secret_value(), POOL_SIZE),
        keyring=create_engine(settings.vinculo_keyring_url.get_secret_value()),
        http=httpx2.AsyncClient(),
    )


def _storage_checks(connections: Connections) -> dict[str, Check]:
    return {
        "database": table_check(connections.database, progress),
        "keyring": keyring_check(connections.keyring),
    }


def _worker_checks(settings: Settings, connections: Connections) -> dict[str, Check]:
    """Without mail server and SMS gateway: messages wait for them, and metrics show them down."""
    prefix = settings.vinculo_topic_prefix
    needed = [f"{prefix}{topic}" for topic in (*SUBSCRIBED_TOPICS, topics.NOTIFICATIONS_MESSAGES)]
    return {
        **_storage_checks(connections),
        "kafka": topics_check(settings.vinculo_kafka, needed),
    }
