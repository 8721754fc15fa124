"""Composition of the API process, and the `migrate` command."""

from datetime import datetime, timedelta
from typing import Final

from fastapi import FastAPI

from vinculo.access import RevocationList, RevocationReader, TokenVerifier, serve_guarded
from vinculo.events import utc_now
from vinculo.eventstore import create_engine
from vinculo.httpapi import Idempotency, service_app
from vinculo.privacy import KeyRing
from vinculo.process import configure_logging, run_until_signal
from vinculo.query_api.audit.http import audit_api
from vinculo.query_api.audit.middleware import AuditForbidden, AuditSearch
from vinculo.query_api.audit_log import AuditLog, ensure_audit_indexes
from vinculo.query_api.cursors import CursorCodec
from vinculo.query_api.exports.contents_index import ExportContents
from vinculo.query_api.exports.http import exports_api
from vinculo.query_api.exports.job_queue import ExportJobs
from vinculo.query_api.exports.object_store import export_file_store
from vinculo.query_api.exports.service import ExportService
from vinculo.query_api.funnel.http import funnel_api
from vinculo.query_api.generations import ensure_first_generation
from vinculo.query_api.http_responses import FreshnessHeadersMiddleware
from vinculo.query_api.idempotency_store import MongoIdempotencyStore
from vinculo.query_api.lists.catalogue import ListName
from vinculo.query_api.lists.descriptions import descriptions_api
from vinculo.query_api.lists.http import lists_api
from vinculo.query_api.lists.planner.statistics import StatisticsCache
from vinculo.query_api.lists.query import ListQuery
from vinculo.query_api.log_tail import LogTail
from vinculo.query_api.mongo import Database, Mongo, connect
from vinculo.query_api.problems import REFUSALS
from vinculo.query_api.profile.as_of import EnvelopeKeys
from vinculo.query_api.profile.http import profile_api, self_view_api
from vinculo.query_api.profile.queries import ProfileQueries
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.read_your_writes import PositionWaiter
from vinculo.query_api.rebuild.status_versions import fill_status_versions
from vinculo.query_api.settings import Settings
from vinculo.query_api.texts import catalogue

PREFIX: Final = "/query/v1"
MONGO_START_TIMEOUT_SECONDS: Final = 60


def query_app(
    settings: Settings,
    mongo: Mongo,
    verifier: TokenVerifier,
    keys: EnvelopeKeys,
    log_tail: LogTail | None = None,
) -> FastAPI:
    """The whole application over a connected MongoDB."""
    database, zone = mongo.database, settings.time_zone
    read_model = ReadModel(database, utc_now, log_tail)
    waiter = PositionWaiter(read_model, settings.query_position_wait_seconds)
    cursors = CursorCodec(settings.hash_key)
    lists = ListQuery(
        read_model, StatisticsCache(mongo), timeout_seconds=settings.query_list_timeout_seconds
    )
    audit = AuditLog(database, utc_now)
    files = export_file_store(settings)
    idempotency = Idempotency(MongoIdempotencyStore(database, utc_now), settings.hash_key)
    profiles = ProfileQueries(
        keys=keys,
        clock=utc_now,
        stale_after=timedelta(days=settings.query_income_stale_after_days),
    )
    exports = ExportService(
        jobs=ExportJobs(database, kept=settings.exports_kept),
        files=files,
        audit=audit,
        zone=zone,
        groups=settings.query_exports_column_groups,
        public_url=settings.vinculo_public_url,
        clock=utc_now,
    )

    async def check_read_model() -> None:
        await read_model.collections()

    app = service_app(
        "query",
        [
            lists_api(read_model, waiter, cursors, lists, zone=zone, clock=utc_now),
            descriptions_api(zone=zone, clock=utc_now),
            funnel_api(read_model, waiter, mongo, zone=zone, clock=utc_now),
            profile_api(read_model, waiter, cursors, audit, profiles=profiles, zone=zone),
            self_view_api(read_model, waiter),
            exports_api(exports, waiter, idempotency),
            audit_api(database, audit, cursors, zone=zone),
        ],
        readiness={
            "mongodb": mongo.ping,
            "read model": check_read_model,
            "object store": files.check,
        },
        catalogue=catalogue(),
        refusals=REFUSALS,
    )
    app.add_middleware(FreshnessHeadersMiddleware, read_model=read_model, prefix=f"{PREFIX}/")
    app.add_middleware(AuditForbidden, audit=audit, excluded_prefixes=[f"{PREFIX}/exports"])
    lists_by_path = {f"{PREFIX}/{name}": str(name) for name in ListName}
    app.add_middleware(AuditSearch, audit=audit, lists=lists_by_path)
    app.state.token_verifier = verifier
    return app


def run_api(settings: Settings, host: str, port: int) -> None:
    """Serve until a signal."""
    configure_logging("query-api")

    async def serve_api() -> None:
        mongo = connect(settings.mongo_url, settings.query_mongo_driver)
        log_tail = LogTail(settings.vinculo_kafka, utc_now)
        keyring = create_engine(settings.keyring_url, pool_size=2)
        keys = KeyRing(keyring, settings.key_encryption_key)
        revocations = RevocationReader(
            RevocationList(keys.forget), settings.vinculo_kafka, settings.vinculo_topic_prefix
        )
        verifier = TokenVerifier(
            issuer=settings.vinculo_public_url,
            jwks_url=settings.vinculo_jwks_url,
            external=settings.vinculo_oidc_issuers,
            revocations=revocations.revocations,
        )
        try:
            app = query_app(settings, mongo, verifier, keys, log_tail)
            revocations.install(app)
            await serve_guarded(app, host, port)
        finally:
            await log_tail.close()
            await keyring.dispose()
            await mongo.close()

    run_until_signal(serve_api)


async def migrate(settings: Settings, now: datetime) -> None:
    """Make what must exist before any process starts; idempotent.

    That is the first generation of the read model, all indexes, and the bucket of exports. Waits up
    to a minute for MongoDB.
    """
    mongo = connect(
        settings.mongo_url, settings.query_mongo_driver, wait_seconds=MONGO_START_TIMEOUT_SECONDS
    )
    try:
        await mongo.ping()
        await ensure_first_generation(mongo.database, now)
        await prepare_collections(mongo.database, settings)
        await fill_status_versions(mongo)
    finally:
        await mongo.close()
    await export_file_store(settings).prepare()


async def prepare_collections(database: Database, settings: Settings) -> None:
    """Make the indexes of the collections outside the read model; idempotent."""
    await ensure_audit_indexes(database)
    await ExportJobs(database, kept=settings.exports_kept).prepare()
    await ExportContents(database, kept=settings.exports_kept).prepare()
    await MongoIdempotencyStore(database, utc_now).prepare()
