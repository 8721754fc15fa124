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
from vinculo.query_api.audit import AuditTrail, prepare_audit
from vinculo.query_api.audit_api import audit_api
from vinculo.query_api.exports.api import exports_api
from vinculo.query_api.exports.desk import ExportDesk
from vinculo.query_api.exports.jobs import ExportJobs
from vinculo.query_api.exports.rosters import Rosters
from vinculo.query_api.exports.storage import export_files
from vinculo.query_api.fresh_answers import FreshAnswers
from vinculo.query_api.funnel.api import funnel_api
from vinculo.query_api.generations import ensure_first_generation
from vinculo.query_api.lists.answering import Lists
from vinculo.query_api.lists.api import lists_api
from vinculo.query_api.lists.catalogue import ListName
from vinculo.query_api.lists.cursor import Cursors
from vinculo.query_api.lists.daily_api import daily_api
from vinculo.query_api.lists.sampling import Samples
from vinculo.query_api.mongo import Mongo, connect
from vinculo.query_api.profile.api import profile_api
from vinculo.query_api.profile.changes_api import changes_api
from vinculo.query_api.profile.history import Keys
from vinculo.query_api.profile.own_api import own_api
from vinculo.query_api.profile.reading import Profiles
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.refusals_on_record import RefusalsOnRecord
from vinculo.query_api.searches_on_record import SearchesOnRecord
from vinculo.query_api.settings import Settings
from vinculo.query_api.waiting import Waiting
from vinculo.translation import load_catalogue

MONGO_START_TIMEOUT_SECONDS: Final = 60


def query_app(settings: Settings, mongo: Mongo, verifier: TokenVerifier, keys: Keys) -> FastAPI:
    """The whole application over a connected MongoDB."""
    read_model = ReadModel(mongo.database, utc_now)
    waiting = Waiting(read_model, settings.query_position_wait_seconds)
    cursors = Cursors(settings.hash_key)
    lists = Lists(read_model, Samples(mongo), longest_seconds=settings.query_list_timeout_seconds)
    audit = AuditTrail(mongo.database, utc_now)
    files = export_files(settings)
    zone = settings.time_zone
    profiles = Profiles(
        keys=keys,
        clock=utc_now,
        stale_after=timedelta(days=settings.query_income_stale_after_days),
    )

    async def read_model_made() -> None:
        await read_model.collections()

    desk = ExportDesk(
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
    app.add_middleware(FreshAnswers, read_model=read_model, under="/query/v1/")
    app.add_middleware(RefusalsOnRecord, audit=audit, apart=["/query/v1/exports"])
    paths = {f"/query/v1/{name}": str(name) for name in ListName}
    app.add_middleware(SearchesOnRecord, audit=audit, lists=paths)
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
        await Rosters(mongo.database, kept=settings.exports_kept).prepare()
    finally:
        await mongo.close()
    await export_files(settings).prepare()
