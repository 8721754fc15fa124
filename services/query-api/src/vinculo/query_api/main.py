"""Composition of the API process, and the `migrate` command."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from fastapi import FastAPI

from vinculo.access import RevocationList, RevocationReader, TokenVerifier, serve_guarded
from vinculo.events import utc_now
from vinculo.eventstore import create_engine
from vinculo.httpapi import Check, Idempotency, service_app
from vinculo.privacy import KeyRing, LedgerCheck, erasure_ledger
from vinculo.process import configure_logging, run_until_signal
from vinculo.query_api.audit.http import audit_api
from vinculo.query_api.audit.middleware import AuditForbidden, AuditSearch
from vinculo.query_api.audit_log import AUDIT, AuditLog, ensure_audit_indexes
from vinculo.query_api.console_preferences import (
    ConsolePreferenceStore,
    console_preferences_api,
)
from vinculo.query_api.cursors import CursorCodec
from vinculo.query_api.examples import EXAMPLES
from vinculo.query_api.exports.contents_index import EXPORT_CONTENTS, FORMER_NAME, ExportContents
from vinculo.query_api.exports.http import exports_api
from vinculo.query_api.exports.job_queue import EXPORTS, ExportJobs
from vinculo.query_api.exports.object_store import export_file_store, is_store_lost
from vinculo.query_api.exports.service import ExportService
from vinculo.query_api.funnel.http import funnel_api
from vinculo.query_api.generations import ensure_first_generation
from vinculo.query_api.http_responses import FreshnessHeadersMiddleware
from vinculo.query_api.idempotency_store import IDEMPOTENCY_KEYS, MongoIdempotencyStore
from vinculo.query_api.lists.catalogue import ListName
from vinculo.query_api.lists.descriptions import descriptions_api
from vinculo.query_api.lists.http import lists_api
from vinculo.query_api.lists.planner.statistics import StatisticsCache
from vinculo.query_api.lists.preferences import PreferenceStore, preferences_api
from vinculo.query_api.lists.query import ListQuery
from vinculo.query_api.log_tail import LogTail
from vinculo.query_api.mongo import Mongo, connect, is_mongo_lost
from vinculo.query_api.own_database import move_to_own_database
from vinculo.query_api.problems import REFUSALS
from vinculo.query_api.profile.as_of import EnvelopeKeys
from vinculo.query_api.profile.http import profile_api, self_view_api
from vinculo.query_api.profile.queries import ProfileQueries
from vinculo.query_api.projector.checkpoints import forget_other_topics
from vinculo.query_api.projector.projected_topics import ProjectedTopics
from vinculo.query_api.projector.quarantine import APPLIED, DISCARDED
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.read_your_writes import PositionWaiter
from vinculo.query_api.rebuild.status_versions import fill_status_versions
from vinculo.query_api.settings import Settings
from vinculo.query_api.texts import catalogue

PREFIX: Final = "/query/v1"
OWN_COLLECTIONS: Final = (
    AUDIT,
    EXPORTS,
    EXPORT_CONTENTS,
    FORMER_NAME,
    IDEMPOTENCY_KEYS,
    DISCARDED,
    APPLIED,
)
MONGO_START_TIMEOUT_SECONDS: Final = 60


def query_app(
    settings: Settings,
    mongo: Mongo,
    verifier: TokenVerifier,
    keys: EnvelopeKeys,
    log_tail: LogTail | None = None,
    *,
    checks: Mapping[str, Check] | None = None,
) -> FastAPI:
    """The whole application over a connected MongoDB; `checks` are further ones of readiness."""
    database, zone = mongo.database, settings.time_zone
    read_model = ReadModel(database, utc_now, log_tail)
    waiter = PositionWaiter(read_model, settings.query_position_wait_seconds)
    cursors = CursorCodec(settings.hash_key)
    lists = ListQuery(
        read_model, StatisticsCache(mongo), timeout_seconds=settings.query_list_timeout_seconds
    )
    audit = AuditLog(mongo.own, utc_now)
    files = export_file_store(settings)
    idempotency = Idempotency(MongoIdempotencyStore(mongo.own, utc_now), settings.hash_key)
    profiles = ProfileQueries(
        keys=keys,
        clock=utc_now,
        stale_after=timedelta(days=settings.query_income_stale_after_days),
    )
    exports = ExportService(
        read_model=read_model,
        jobs=ExportJobs(mongo.own, kept=settings.exports_kept),
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
            preferences_api(PreferenceStore(mongo.own, utc_now), zone=zone, clock=utc_now),
            console_preferences_api(ConsolePreferenceStore(mongo.own, utc_now)),
            funnel_api(read_model, waiter, mongo, zone=zone, clock=utc_now),
            profile_api(read_model, waiter, cursors, audit, profiles=profiles, zone=zone),
            self_view_api(read_model, waiter),
            exports_api(exports, waiter, idempotency),
            audit_api(mongo.own, audit, cursors, zone=zone),
        ],
        readiness={
            "mongodb": mongo.ping,
            "read model": check_read_model,
            "object store": files.check,
            **(checks or {}),
        },
        catalogue=catalogue(),
        refusals=REFUSALS,
        lost_connections=[is_mongo_lost, is_store_lost],
        examples=EXAMPLES,
        api_docs_on=settings.api_docs_on,
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
        require_current = LedgerCheck(keyring, erasure_ledger(settings)).require_current
        keys = KeyRing(keyring, settings.key_encryption_key, require_current=require_current)
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
            checks = {"erasure-ledger": require_current}
            app = query_app(settings, mongo, verifier, keys, log_tail, checks=checks)
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
        await prepare_own_database(mongo, settings)
        await fill_status_versions(mongo)
        projected = ProjectedTopics(settings.vinculo_topic_prefix).full_names
        await forget_other_topics(mongo.database, projected)
    finally:
        await mongo.close()
    await export_file_store(settings).prepare()


async def prepare_own_database(mongo: Mongo, settings: Settings) -> None:
    """Make the collections outside the read model, from earlier ones if there are; idempotent."""
    await move_to_own_database(mongo, OWN_COLLECTIONS)
    await ensure_audit_indexes(mongo.own)
    await ExportJobs(mongo.own, kept=settings.exports_kept).prepare()
    await ExportContents(mongo.own, kept=settings.exports_kept).prepare()
    await MongoIdempotencyStore(mongo.own, utc_now).prepare()
