"""The parts of the service put together, for each of its processes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

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
from vinculo.notifications.delivery.delivery import MessageBuilder, MessageDelivery, Pace
from vinculo.notifications.delivery.metrics import delivery_metrics
from vinculo.notifications.delivery.sms import HttpSmsTransport
from vinculo.notifications.delivery.smtp import SmtpTransport
from vinculo.notifications.delivery.worker import DeliveryWorker
from vinculo.notifications.rendering.context import ContextBuilder
from vinculo.notifications.rendering.labels import Labels
from vinculo.notifications.rendering.render import Renderer
from vinculo.notifications.settings import (
    Settings,
    bounce_address,
    idle_times,
    silenced,
    sms_gateway,
    smtp_server,
)
from vinculo.notifications.storage.streams import SERVICE, message_records
from vinculo.notifications.storage.tables import progress
from vinculo.privacy import KeyRing, keyring_check
from vinculo.process import configure_logging, run_until_signal, with_cleanup
from vinculo.translation import Catalogue, load_catalogue

POOL_SIZE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    relay: Relay
    consumer: Consumer
    delivery: DeliveryWorker
    reminders: Reminders


def run_api(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    engines = _engines(settings)
    app = service_app(SERVICE, (), readiness=_storage_checks(engines))
    run_until_signal(with_cleanup(engines.dispose, lambda: serve(app, host, port)))


def run_worker(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    engines = _engines(settings)
    app = worker_app(SERVICE, readiness=_worker_checks(settings, engines))
    worker = build_worker(settings, engines)
    run_until_signal(
        with_cleanup(engines.dispose, lambda: serve(app, host, port)),
        worker.relay.run,
        lambda: run_consumer(worker.consumer),
        worker.delivery.run,
        worker.reminders.run,
    )


def run_all(settings: Settings, *, host: str, port: int) -> None:
    """Run api and worker in one process; with no routes of its own yet, they serve the same."""
    run_worker(settings, host=host, port=port)


@asynccontextmanager
async def consumer_for_commands(settings: Settings) -> AsyncIterator[Consumer]:
    """Give the consumer that the dead-letters commands replay with."""
    engines = _engines(settings)
    try:
        yield build_worker(settings, engines).consumer
    finally:
        await engines.dispose()


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    database: AsyncEngine
    keyring: AsyncEngine
    http: httpx2.AsyncClient

    async def dispose(self) -> None:
        await self.http.aclose()
        await self.database.dispose()
        await self.keyring.dispose()


def build_worker(settings: Settings, engines: Engines) -> Worker:
    store = PostgresEventStore(engines.database)
    keyring = KeyRing(engines.keyring, settings.vinculo_key_encryption_key.get_secret_value())
    catalogue = load_catalogue("vinculo.notifications")
    delivery = _delivery_worker(settings, catalogue, store, keyring, engines.http)
    queue = MessageQueue(
        store,
        clock=utc_now,
        disabled_templates=silenced(settings),
        max_age=timedelta(days=settings.notifications_news_days),
    )
    events = EventHandler(queue, keyring, languages=catalogue.languages, on_queued=delivery.wake)
    return Worker(
        relay=Relay(
            settings.notifications_database_url.get_secret_value(),
            settings.vinculo_kafka,
            message_records(settings.vinculo_topic_prefix),
            SERVICE,
        ),
        consumer=notifications_consumer(
            engines.database,
            events.apply,
            kafka=settings.vinculo_kafka,
            topic_prefix=settings.vinculo_topic_prefix,
            session_timeout_ms=settings.vinculo_session_timeout_ms,
        ),
        delivery=delivery,
        reminders=Reminders(
            store=store,
            queue=queue,
            idle_times=idle_times(settings.notifications_reminder_idle_days),
            sweep_seconds=settings.notifications_reminder_sweep_seconds,
            on_queued=delivery.wake,
            metrics=delivery_metrics(),
            clock=utc_now,
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
    public_url = settings.vinculo_public_url
    builder = MessageBuilder(
        contacts=ContactReader(keyring),
        contexts=ContextBuilder(
            link_key=settings.vinculo_link_key.get_secret_value(),
            public_url=public_url,
            labels=Labels(catalogue, ZoneInfo(settings.vinculo_time_zone)),
        ),
        renderer=Renderer(
            brand=settings.notifications_brand,
            public_url=public_url,
            languages=catalogue.languages,
        ),
        sender=settings.notifications_sender,
        clock=utc_now,
    )
    email = SmtpTransport(
        smtp_server(settings),
        bounce_address=bounce_address(settings),
        timeout_seconds=settings.notifications_smtp_timeout_seconds,
    )
    sms = HttpSmsTransport(
        http, sms_gateway(settings), timeout_seconds=settings.notifications_sms_timeout_seconds
    )
    pace = Pace(
        first_wait=timedelta(seconds=settings.notifications_first_wait_seconds),
        longest_wait=timedelta(seconds=settings.notifications_longest_wait_seconds),
        max_attempts=settings.notifications_max_attempts,
    )
    delivery = MessageDelivery(
        store=store,
        builder=builder,
        email=email,
        sms=sms,
        pace=pace,
        metrics=metrics,
        clock=utc_now,
    )
    return DeliveryWorker(
        engine=store.engine,
        delivery=delivery,
        concurrency=settings.notifications_concurrency,
        lease=timedelta(seconds=settings.notifications_lease_seconds),
        metrics=metrics,
        clock=utc_now,
    )


def _engines(settings: Settings) -> Engines:
    return Engines(
        database=create_engine(settings.notifications_database_url.get_secret_value(), POOL_SIZE),
        keyring=create_engine(settings.vinculo_keyring_url.get_secret_value()),
        http=httpx2.AsyncClient(),
    )


def _storage_checks(engines: Engines) -> dict[str, Check]:
    return {
        "database": table_check(engines.database, progress),
        "keyring": keyring_check(engines.keyring),
    }


def _worker_checks(settings: Settings, engines: Engines) -> dict[str, Check]:
    """Mail server and SMS gateway are not among them: messages wait for them, and metrics tell."""
    prefix = settings.vinculo_topic_prefix
    needed = [f"{prefix}{topic}" for topic in (*SUBSCRIBED_TOPICS, topics.NOTIFICATIONS_MESSAGES)]
    return {
        **_storage_checks(engines),
        "kafka": topics_check(settings.vinculo_kafka, needed),
    }
