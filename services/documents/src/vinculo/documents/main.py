"""Composition root: builds the service's parts from its settings, for each of its processes."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.access import RevocationList, RevocationReader, TokenVerifier, serve_guarded
from vinculo.contracts import topics
from vinculo.documents.application.claim_files import ClaimFiles, ClaimRecorder
from vinculo.documents.application.dossier_queries import DossierQueries
from vinculo.documents.application.download_links import DownloadLinks
from vinculo.documents.application.erasure import ERASURE_SWEEP, FileErasures
from vinculo.documents.application.file_screening import FileScreening, UploadRecorder
from vinculo.documents.application.previews import Previews
from vinculo.documents.application.quarantine import (
    QUARANTINE_SWEEP,
    SWEEP_INTERVAL_SECONDS,
    QuarantineSweep,
)
from vinculo.documents.application.requirements_file import read_requirements
from vinculo.documents.application.review import ReviewQueue, ReviewService
from vinculo.documents.application.screening_worker import ScreeningWorker
from vinculo.documents.application.upload_completion import UploadCompletion
from vinculo.documents.application.uploads import DossierRecorder, UploadService
from vinculo.documents.consumers.consumer import TOPICS, documents_consumer
from vinculo.documents.http.applicant import applicant_api
from vinculo.documents.http.claim_files import claim_files_api
from vinculo.documents.http.document_files import document_files_api
from vinculo.documents.http.examples import EXAMPLES
from vinculo.documents.http.problems import REFUSALS
from vinculo.documents.http.review import review_api
from vinculo.documents.messages import MESSAGES
from vinculo.documents.metrics import documents_metrics
from vinculo.documents.screening.scanner import Scanner
from vinculo.documents.screening.screener import Screener
from vinculo.documents.settings import MigrationSettings, Settings
from vinculo.documents.storage.object_store import ObjectStore, ObjectStoreAddress
from vinculo.documents.storage.streams import PUBLISHED_TOPICS, SERVICE, dossier_records
from vinculo.documents.storage.tables import document_accesses, people_access, uploads
from vinculo.documents.storage.uploads import Upload, UploadLimits, became_no_document
from vinculo.events import utc_now
from vinculo.eventstore import PostgresEventStore, create_engine, table_check
from vinculo.eventstore.migrations import migrate as migrate_to_head
from vinculo.httpapi import (
    Check,
    Degradation,
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
from vinculo.privacy import KeyRing, LedgerCheck, erasure_ledger, keyring_check
from vinculo.process import (
    PeriodicJob,
    Task,
    configure_logging,
    pruning_job,
    run_until_signal,
    with_cleanup,
)

DATABASE_POOL_SIZE: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """The servers that a process connects to, each on first use."""

    store: PostgresEventStore
    keyring: AsyncEngine
    ledger_check: LedgerCheck
    objects: ObjectStore
    screener: Screener
    scanner: Scanner | None

    @property
    def database(self) -> AsyncEngine:
        return self.store.engine

    async def close(self) -> None:
        await self.database.dispose()
        await self.keyring.dispose()
        self.objects.close()
        await self.screener.close()


def connect(settings: Settings) -> Connections:
    url = settings.documents_database_url.get_secret_value()
    keyring = create_engine(settings.vinculo_keyring_url.get_secret_value())
    return Connections(
        store=PostgresEventStore(create_engine(url, DATABASE_POOL_SIZE)),
        keyring=keyring,
        ledger_check=LedgerCheck(keyring, erasure_ledger(settings)),
        objects=_object_store(settings, public_url=settings.vinculo_public_url),
        screener=Screener(
            concurrency=settings.documents_max_concurrent_screenings,
            timeout_seconds=settings.documents_screening_timeout_seconds,
            isolation=settings.documents_screening_isolation,
        ),
        scanner=_scanner(settings),
    )


def run_api(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    connections = connect(settings)
    app = build_api(settings, connections)
    run_until_signal(with_cleanup(connections.close, lambda: serve_guarded(app, host, port)))


def run_worker(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    connections = connect(settings)
    app = worker_app(SERVICE, readiness=_worker_checks(settings, connections))
    app.state.degradations = _degradations(connections)
    run_until_signal(
        with_cleanup(connections.close, lambda: serve(app, host, port)),
        *worker_tasks(settings, connections),
    )


def run_all(settings: Settings, *, host: str, port: int) -> None:
    configure_logging(SERVICE)
    connections = connect(settings)
    app = build_api(settings, connections, _worker_checks(settings, connections))
    app.state.degradations |= _degradations(connections)
    run_until_signal(
        with_cleanup(connections.close, lambda: serve_guarded(app, host, port)),
        *worker_tasks(settings, connections),
    )


async def migrate_storage(settings: MigrationSettings) -> None:
    """Migrate the database and create the buckets; waits for both servers to start."""
    await migrate_to_head(settings.documents_database_url.get_secret_value(), "vinculo.documents")
    # No URL is signed for browsers here, so the public address does not matter.
    objects = _object_store(settings, public_url=settings.vinculo_s3_url)
    try:
        await objects.create_buckets_when_available()
    finally:
        objects.close()


def published_streams(settings: Settings) -> PublishedStreams:
    """What the relay publishes, and the commands `republish` and `compare-topics` act on."""
    return PublishedStreams(
        relay=SERVICE,
        database_url=settings.documents_database_url.get_secret_value(),
        kafka=settings.vinculo_kafka,
        topics=prefixed(PUBLISHED_TOPICS, settings.vinculo_topic_prefix),
    )


@asynccontextmanager
async def consumer_for_commands(settings: Settings) -> AsyncIterator[Consumer]:
    """The consumer with which the `dead-letters` commands replay."""
    connections = connect(settings)
    try:
        yield build_consumer(settings, connections)
    finally:
        await connections.close()


def build_api(
    settings: Settings, connections: Connections, checks: Mapping[str, Check] | None = None
) -> FastAPI:
    """`checks` are those of readiness, the storage's by default."""
    store, objects = connections.store, connections.objects
    keys = KeyRing(
        connections.keyring,
        settings.vinculo_key_encryption_key.get_secret_value(),
        require_current=connections.ledger_check.require_current,
    )
    revocations = RevocationReader(
        RevocationList(keys.forget), settings.vinculo_kafka, settings.vinculo_topic_prefix
    )
    dossiers = DossierQueries(store=store, decryptor=keys)
    links = DownloadLinks(store=store, objects=objects)
    completion = UploadCompletion(
        store=store,
        objects=objects,
        max_file_bytes=settings.documents_max_file_bytes,
    )
    limits = UploadLimits(
        open=settings.documents_max_open_uploads,
        per_day=settings.documents_max_uploads_per_day,
    )
    idempotency = Idempotency(
        PostgresIdempotencyStore(connections.database), settings.vinculo_hash_key.get_secret_value()
    )
    app = service_app(
        SERVICE,
        [
            applicant_api(
                uploads=UploadService(store=store, completion=completion, limits=limits),
                dossiers=dossiers,
                links=links,
                idempotency=idempotency,
                clock=utc_now,
            ),
            claim_files_api(
                files=ClaimFiles(store=store, completion=completion, limits=limits),
                links=links,
                idempotency=idempotency,
                clock=utc_now,
            ),
            document_files_api(
                links=links,
                previews=Previews(
                    store=store,
                    objects=objects,
                    screener=connections.screener,
                    max_file_bytes=settings.documents_max_file_bytes,
                ),
                clock=utc_now,
            ),
            review_api(
                dossiers=dossiers,
                queue=ReviewQueue(engine=connections.database),
                review=ReviewService(store=store, encryptor=keys),
                idempotency=idempotency,
                clock=utc_now,
            ),
        ],
        readiness=checks or _storage_checks(connections),
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
    app.state.degradations["screening-isolation"] = connections.screener.runs_without_isolation
    return app


def build_consumer(settings: Settings, connections: Connections) -> Consumer:
    return documents_consumer(
        connections.store,
        read_requirements(settings.documents_requirements_file),
        kafka=settings.vinculo_kafka,
        prefix=settings.vinculo_topic_prefix,
        session_timeout_ms=settings.vinculo_session_timeout_ms,
    )


def build_file_screening(settings: Settings, connections: Connections) -> FileScreening:
    store = connections.store

    def recorder_of(upload: Upload) -> UploadRecorder:
        if upload.person_id is None:
            return ClaimRecorder(store=store)
        return DossierRecorder(store=store, person_id=upload.person_id)

    return FileScreening(
        store=store,
        objects=connections.objects,
        screener=connections.screener,
        scanner=connections.scanner,
        recorders=recorder_of,
        max_file_bytes=settings.documents_max_file_bytes,
    )


def build_screening_worker(settings: Settings, connections: Connections) -> ScreeningWorker:
    metrics = documents_metrics()
    metrics.scanner_configured.set(connections.scanner is not None)
    return ScreeningWorker(
        engine=connections.database,
        database_url=settings.documents_database_url.get_secret_value(),
        screening=build_file_screening(settings, connections),
        concurrency=settings.documents_max_concurrent_screenings,
        lease=timedelta(seconds=settings.documents_screening_lease_seconds),
        max_attempts=settings.documents_screening_attempts,
        metrics=metrics,
        clock=utc_now,
    )


def worker_tasks(settings: Settings, connections: Connections) -> list[Task]:
    """The relay, the consumer, the screening and the periodic jobs."""
    consumer = build_consumer(settings, connections)
    relay = Relay(
        settings.documents_database_url.get_secret_value(),
        settings.vinculo_kafka,
        dossier_records(settings.vinculo_topic_prefix),
        SERVICE,
        topics=published_streams(settings).topics,
        topic_prefix=settings.vinculo_topic_prefix,
    )
    erasures = FileErasures(
        store=connections.store,
        objects=connections.objects,
        interval=timedelta(seconds=settings.documents_sweep_interval_seconds),
        clock=utc_now,
        metrics=documents_metrics(),
    )
    erasure_sweep = PeriodicJob(
        name=ERASURE_SWEEP,
        work=erasures.sweep,
        interval_seconds=settings.documents_sweep_interval_seconds,
        engine=connections.database,
    )
    leftovers = QuarantineSweep(
        engine=connections.database, objects=connections.objects, clock=utc_now
    )
    quarantine_sweep = PeriodicJob(
        name=QUARANTINE_SWEEP,
        work=leftovers.run,
        interval_seconds=SWEEP_INTERVAL_SECONDS,
        engine=connections.database,
    )
    dead_letters = dead_letter_pruning_job(
        lambda: nullcontext([consumer]), settings.dead_letters_kept, connections.database
    )
    pruning = [*table_pruning_jobs(settings, connections.database, utc_now), dead_letters]
    return [
        relay.run,
        lambda: run_consumer(
            consumer, stalled_after_seconds=settings.vinculo_stalled_after_seconds
        ),
        build_screening_worker(settings, connections).run,
        *(job.run for job in pruning),
        erasure_sweep.run,
        quarantine_sweep.run,
    ]


def table_pruning_jobs(
    settings: Settings, database: AsyncEngine, clock: Callable[[], datetime]
) -> list[PeriodicJob]:
    """The jobs that delete rows after their retention."""
    uploads_kept = timedelta(days=settings.documents_uploads_kept_days)
    accesses_kept = timedelta(days=settings.documents_accesses_kept_days)
    return [
        pruning_job(uploads, lambda: became_no_document(clock() - uploads_kept), database),
        pruning_job(
            document_accesses,
            lambda: document_accesses.c.accessed_at < clock() - accesses_kept,
            database,
        ),
    ]


def _object_store(settings: MigrationSettings, *, public_url: str) -> ObjectStore:
    return ObjectStore(
        ObjectStoreAddress(
            url=settings.vinculo_s3_url,
            public_url=public_url,
            access_key=settings.vinculo_s3_access_key.get_secret_value(),
            secret_key=settings.vinculo_s3_secret_key.get_secret_value(),
            region=settings.documents_region,
            bucket=settings.documents_bucket,
            quarantine_bucket=settings.documents_quarantine_bucket,
        )
    )


def _scanner(settings: Settings) -> Scanner | None:
    if settings.documents_clamd_url is None:
        return None
    return Scanner(
        url=settings.documents_clamd_url, timeout_seconds=settings.documents_clamd_timeout_seconds
    )


def _degradations(connections: Connections) -> dict[str, Degradation]:
    """What the screening does without, as `/health/ready` of a worker names it."""
    scanner, screener = connections.scanner, connections.screener
    return {
        "malware-scan": lambda: scanner is None or not scanner.is_available,
        "screening-isolation": screener.runs_without_isolation,
    }


def _storage_checks(connections: Connections) -> dict[str, Check]:
    return {
        "database": table_check(connections.database, people_access),
        "keyring": keyring_check(connections.keyring),
        "erasure-ledger": connections.ledger_check.require_current,
        "object-store": connections.objects.check,
    }


def _worker_checks(settings: Settings, connections: Connections) -> dict[str, Check]:
    required = [
        f"{settings.vinculo_topic_prefix}{topic}" for topic in (*TOPICS, topics.DOCUMENTS_DOSSIERS)
    ]
    return {
        **_storage_checks(connections),
        "kafka": topics_check(settings.vinculo_kafka, required),
        "screening": connections.screener.check,
    }
