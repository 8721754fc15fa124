"""The API process: lists, profiles and exports over HTTP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI

from vinculo.access import TokenVerifier
from vinculo.httpapi import configure_logging, run, serve, service_app
from vinculo.query_api.audit import AuditTrail
from vinculo.query_api.exports.api import exports_api
from vinculo.query_api.exports.jobs import ExportJobs
from vinculo.query_api.exports.storage import ExportFiles
from vinculo.query_api.lists.api import lists_api
from vinculo.query_api.lists.cursor import Cursors
from vinculo.query_api.mongo import Mongo, connect
from vinculo.query_api.profile.api import profile_api
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.settings import Settings
from vinculo.query_api.titles import TITLES


def now() -> datetime:
    return datetime.now(UTC)


def export_files(settings: Settings) -> ExportFiles:
    return ExportFiles(
        url=settings.vinculo_s3_url,
        access_key=settings.vinculo_s3_access_key,
        secret_key=settings.vinculo_s3_secret_key.get_secret_value(),
        bucket=settings.query_exports_bucket,
    )


def query_app(settings: Settings, mongo: Mongo, verifier: TokenVerifier) -> FastAPI:
    """The whole application over a connected MongoDB."""
    read_model = ReadModel(mongo.database, now)
    cursors = Cursors(settings.hash_key)
    audit = AuditTrail(mongo.database, now)
    files = export_files(settings)
    zone = settings.time_zone

    async def read_model_made() -> None:
        await read_model.collections()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await verifier.close()

    app = service_app(
        "query",
        [
            lists_api(read_model, cursors, zone=zone, clock=now),
            profile_api(read_model, cursors, audit),
            exports_api(
                ExportJobs(mongo.database),
                files,
                audit,
                zone=zone,
                public_url=settings.vinculo_public_url,
                clock=now,
            ),
        ],
        readiness={
            "mongodb": mongo.ping,
            "read model": read_model_made,
            "object store": files.check,
        },
        lifespan=lifespan,
        titles=TITLES,
    )
    app.state.token_verifier = verifier
    return app


def run_api(settings: Settings, host: str, port: int) -> None:
    """Serve until a signal."""
    configure_logging("query-api")

    async def serve_api() -> None:
        mongo = connect(settings.mongo_url, settings.query_mongo_driver)
        verifier = TokenVerifier(
            issuer=settings.vinculo_public_url, jwks_url=settings.vinculo_jwks_url
        )
        try:
            await serve(query_app(settings, mongo, verifier), host, port)
        finally:
            await mongo.close()

    run(serve_api)
