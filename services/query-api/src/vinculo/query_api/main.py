"""Composition of the API process, and the `migrate` command."""

from datetime import datetime, timedelta
from typing import Final

from fastapi import FastAPI
from pymongo.errors import ExecutionTimeout

from vinculo.access import TokenVerifier
from vinculo.events import utc_now
from vinculo.eventstore import create_engine
from vinculo.httpapi import serve, service_app
from vinculo.privacy import KeyRing
from vinculo.process import configure_logging, run_until_signal
from vinculo.query_api.audit.http import audit_api
from vinculo.query_api.audit.middleware import AuditForbidden, AuditSearch
from vinculo.query_api.audit_log import AuditLog, prepare_audit
from vinculo.query_api.cursors import CursorCodec
from vinculo.query_api.exports.contents_index import ExportContents
from vinculo.query_api.exports.http import exports_api
from vinculo.query_api.exports.job_queue import ExportJobs
from vinculo.query_api.exports.object_store import export_file_store
from vinculo.query_api.exports.service import ExportService
from vinculo.query_api.funnel.http import funnel_api
from vinculo.query_api.generations import ensure_first_generation
from vinculo.query_api.http_responses import FreshnessHeadersMiddleware
from vinculo.query_api.lists.catalogue import ListName
from vinculo.query_api.lists.http import daily_api, lists_api
from vinculo.query_api.lists.planner.statistics import StatisticsCache
from vinculo.query_api.lists.query import ListQuery
from vinculo.query_api.mongo import Mongo, connect
from vinculo.query_api.profile.as_of import EnvelopeKeys
from vinculo.query_api.profile.http import changes_api, own_api, profile_api
from vinculo.query_api.profile.queries import ProfileQueries
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.read_your_writes import PositionWaiter
from vinculo.query_api.settings import Settings
from vinculo.translation import load_catalogue

MONGO_START_TIMEOUT_SECONDS: Final = 60


def query_app(
    settings: Settings, mongo: Mongo, verifier: TokenVerifier, keys: EnvelopeKeys
) -> FastAPI:
    """The whole application over a connected MongoDB."""
    read_model = ReadModel(mongo.database, utc_now)
    waiting = PositionWaiter(read_model, settings.query_position_wait_seconds)
    cursors = CursorCodec(settings.hash_key)
    lists = ListQuery(
        read_model, StatisticsCache(mongo), longest_seconds=settings.query_list_timeout_seconds
    )
    audit = AuditLog(mongo.database, utc_now)
    files = export_file_store(settings)
    zone = settings.time_zone
    profiles = ProfileQueries(
        keys=keys,
        clock=utc_now,
        stale_after=timedelta(days=settings.query_income_stale_after_days),
    )

    async def read_model_made() -> None:
        await read_model.collections()

    desk = ExportService(
        jobs=ExportJobs(mongo.database, kept=settings.exports_kept),
        files=files,
        audit=audit,
        zone=zone,
        groups=settings.query_exports_column_groups,
        public_url=settings.vinculo_public_url,
        clock=utc_now,
    )
    app = service_app(
        "query",
        [
            lists_api(read_model, waiting, cursors, lists, zone=zone, clock=utc_now),
            daily_api(read_model, waiting, zone=zone, clock=utc_now),
            funnel_api(read_model, waiting, mongo, zone=zone, clock=utc_now),
            profile_api(read_model, waiting, cursors, audit, profiles=profiles, zone=zone),
            changes_api(read_model, waiting, audit, profiles),
            own_api(read_model, waiting),
            exports_api(desk, waiting),
            audit_api(audit, cursors, zone=zone),
        ],
        readiness={
            "mongodb": mongo.ping,
            "read model": read_model_made,
            "object store": files.check,
        },
        catalogue=load_catalogue("vinculo.query_api"),
        refusals={ExecutionTimeout: (503, "query-too-slow")},
    )
    app.add_middleware(FreshnessHeadersMiddleware, read_model=read_model, under="/query/v1/")
    app.add_middleware(AuditForbidden, audit=audit, apart=["/query/v1/exports"])
    paths = {f"/query/v1/{name}": str(name) for name in ListName}
    app.add_middleware(AuditSearch, audit=audit, lists=paths)
    app.state.token_verifier = verifier
    return app


def run_api(settings: Settings, host: str, port: int) -> None:
    """Serve until a signal."""
    configure_logging("query-api")

    async def serve_api() -> None:
        mongo = connect(settings.mongo_url, settings.query_mongo_driver)
        keyring = create_engine(settings.keyring_url, pool_size=2)
        verifier = TokenVerifier(
            issuer=settings.vinculo_public_url,
            jwks_url=settings.vinculo_jwks_url,
            external=settings.vinculo_oidc_issuers,
        )
        try:
            keys = KeyRing(keyring, settings.key_encryption_key)
            await serve(query_app(settings, mongo, verifier, keys), host, port)
        finally:
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
        await prepare_audit(mongo.database)
        await ExportJobs(mongo.database, kept=settings.exports_kept).prepare()
        await ExportContents(mongo.database, kept=settings.exports_kept).prepare()
    finally:
        await mongo.close()
    await export_file_store(settings).prepare()
