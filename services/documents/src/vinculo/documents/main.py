"""The servers that the service stands on: reached."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.access import TokenVerifier
from vinculo.contracts import topics
from vinculo.documents.application.dossier_queries import DossierReading
from vinculo.documents.application.requirements_file import read_requirements
from vinculo.documents.application.review import Reviewing
from vinculo.documents.application.uploads import UploadCompletion, UploadOpening
from vinculo.documents.consumers.consumer import GROUP, documents_consumer
from vinculo.documents.http.applicant import applicant_api
from vinculo.documents.http.problems import MESSAGES, REFUSALS
from vinculo.documents.http.review import review_api, reviews_api
from vinculo.documents.screening.screener import Screener
from vinculo.documents.settings import Settings, StorageSettings
from vinculo.documents.storage.dossiers import DOSSIERS
from vinculo.documents.storage.object_store import ObjectStore, ObjectStoreAddress
from vinculo.documents.storage.tables import people_access
from vinculo.documents.storage.uploads import UploadLimits
from vinculo.eventstore import PostgresEventStore, create_engine, table_check
from vinculo.eventstore.migrations import migrate as migrate_to_head
from vinculo.httpapi import (
    Check,
    Idempotency,
    PostgresIdempotencyStore,
    serve,
    service_app,
    worker_app,
)
from vinculo.messaging import Consumer, Relay, cloud_events, run_consumer, topics_check
from vinculo.privacy import KeyRing, keyring_check
from vinculo.process import Task, configure_logging, run_until_signal, with_cleanup

POOL_SIZE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """What a process has once. The store keeps connections at hand."""

    store: PostgresEventStore
    keyring: AsyncEngine
    objects: ObjectStore

    @property
    def database(self) -> AsyncEngine:
        return self.store.engine

    async def close(self) -> None:
        await self.database.dispose()
        await self.keyring.dispose()
        self.objects.close()


def connect(settings: Settings) -> Connections:
    url = settings.documents_database_url.get_secret_value()
    return Connections(
        store=PostgresEventStore(create_engine(url, POOL_SIZE)),
        keyring=create_engine(settings.vinculo_keyring_url.get_secret_value()),
        objects=ObjectStore(object_store_address(settings)),
    )


def object_store_address(settings: StorageSettings) -> ObjectStoreAddress:
    return ObjectStoreAddress(
        url=settings.vinculo_s3_url,
        public_url=settings.vinculo_public_url,
        access_key=settings.vinculo_s3_access_key.get_secret_value(),
        secret_key=settings.vinculo_s3_secret_key.get_secret_value(),
        region=settings.documents_region,
        bucket=settings.documents_bucket,
    )


async def prepare(settings: StorageSettings) -> None:
    """Bring the database up to date and make the bucket; waits for both servers."""
    await migrate_to_head(settings.documents_database_url.get_secret_value(), "vinculo.documents")
    objects = ObjectStore(object_store_address(settings))
    try:
        await objects.make_bucket_once_up()
    finally:
        objects.close()


def run_api(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(GROUP)
    connections = connect(settings)
    app = build_api(settings, connections)
    run_until_signal(with_cleanup(connections.close, lambda: serve(app, host, port)))


def run_worker(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(GROUP)
    connections = connect(settings)
    app = worker_app(GROUP, readiness=_worker_checks(settings, connections))
    run_until_signal(
        with_cleanup(connections.close, lambda: serve(app, host, port)),
        *worker_works(settings, connections),
    )


def run_all(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(GROUP)
    connections = connect(settings)
    app = build_api(settings, connections, _worker_checks(settings, connections))
    run_until_signal(
        with_cleanup(connections.close, lambda: serve(app, host, port)),
        *worker_works(settings, connections),
    )


def build_api(
    settings: Settings, connections: Connections, checks: dict[str, Check] | None = None
) -> FastAPI:
    store = connections.store
    keys = KeyRing(connections.keyring, settings.vinculo_key_encryption_key.get_secret_value())
    reading = DossierReading(store=store, opener=keys)
    reviewing = Reviewing(store=store, objects=connections.objects, sealer=keys)
    idempotency = Idempotency(
        PostgresIdempotencyStore(connections.database), settings.vinculo_hash_key.get_secret_value()
    )
    applicants = applicant_api(
        opening=UploadOpening(
            store=store,
            objects=connections.objects,
            limits=UploadLimits(
                open=settings.documents_open_uploads, per_day=settings.documents_uploads_per_day
            ),
            max_bytes=settings.documents_max_bytes,
        ),
        completion=UploadCompletion(
            store=store,
            objects=connections.objects,
            screener=Screener(
                concurrency=settings.documents_concurrent_screenings,
                seconds=settings.documents_screening_seconds,
            ),
            max_bytes=settings.documents_max_bytes,
        ),
        reading=reading,
        reviewing=reviewing,
        idempotency=idempotency,
        clock=utc_now,
    )
    reviewers = review_api(
        reading=reading, reviewing=reviewing, engine=connections.database, clock=utc_now
    )
    reviews = reviews_api(reviewing=reviewing, idempotency=idempotency, clock=utc_now)
    app = service_app(
        GROUP,
        [applicants, reviewers, reviews],
        readiness=checks or _storage_checks(connections),
        refusals=REFUSALS,
        catalogue=MESSAGES,
    )
    app.state.token_verifier = TokenVerifier(
        settings.vinculo_public_url,
        jwks_url=settings.vinculo_jwks_url,
        external=settings.vinculo_oidc_issuers,
    )
    return app


def worker_works(settings: Settings, connections: Connections) -> list[Task]:
    consumer = build_consumer(settings, connections)
    relay = Relay(
        settings.documents_database_url.get_secret_value(),
        settings.vinculo_kafka,
        cloud_events(
            GROUP, {DOSSIERS.name: topics.DOCUMENTS_DOSSIERS}, settings.vinculo_topic_prefix
        ),
        GROUP,
    )
    return [relay.run, lambda: run_consumer(consumer)]


@asynccontextmanager
async def consumer_for_commands(settings: Settings) -> AsyncIterator[Consumer]:
    """Give the consumer that the dead-letters commands replay with."""
    connections = connect(settings)
    try:
        yield build_consumer(settings, connections)
    finally:
        await connections.close()


def build_consumer(settings: Settings, connections: Connections) -> Consumer:
    return documents_consumer(
        connections.store,
        read_requirements(settings.documents_requirements),
        kafka=settings.vinculo_kafka,
        prefix=settings.vinculo_topic_prefix,
        session_timeout_ms=settings.vinculo_session_timeout_ms,
    )


def utc_now() -> datetime:
    return datetime.now(UTC)


def _storage_checks(connections: Connections) -> dict[str, Check]:
    return {
        "database": table_check(connections.database, people_access),
        "keyring": keyring_check(connections.keyring),
        "object-store": connections.objects.check,
    }


def _worker_checks(settings: Settings, connections: Connections) -> dict[str, Check]:
    needed = [
        f"{settings.vinculo_topic_prefix}{topic}"
        for topic in (
            topics.ONBOARDING_APPLICATIONS,
            topics.CUSTOMER_REGISTRY_CUSTOMERS,
            topics.DOCUMENTS_DOSSIERS,
        )
    ]
    return {
        **_storage_checks(connections),
        "kafka": topics_check(settings.vinculo_kafka, needed),
    }
