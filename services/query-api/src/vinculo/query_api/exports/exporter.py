"""The exporter process: takes jobs one by one, apart from the API so that lists stay quick."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from vinculo.httpapi import configure_logging, run, serve, worker_app
from vinculo.query_api.exports.export import Exporter
from vinculo.query_api.exports.jobs import KEPT, ExportJobs
from vinculo.query_api.exports.storage import ExportFiles, export_files
from vinculo.query_api.mongo import connect
from vinculo.query_api.read_model import ReadModel, utc_now
from vinculo.query_api.settings import Settings

IDLE_SECONDS: Final = 0.25
SWEPT_EVERY: Final = timedelta(hours=1)
MOST_ATTEMPTS: Final = 3

log = structlog.get_logger()


async def work_off_exports(
    exporter: Exporter,
    *,
    jobs: ExportJobs,
    files: ExportFiles,
    read_model: ReadModel,
    clock: Callable[[], datetime],
) -> None:
    """Run until cancelled. A job whose exporter died is taken again, three times at most."""
    swept_at = clock() - SWEPT_EVERY
    while True:
        now = clock()
        if now - swept_at >= SWEPT_EVERY:
            await files.remove_older_than(now - KEPT)
            swept_at = now
        job = await jobs.claim(now)
        if job is None:
            await asyncio.sleep(IDLE_SECONDS)
            continue
        if job["attempts"] > MOST_ATTEMPTS:
            await jobs.fail(job["_id"], "attempts-exhausted", now)
            continue
        freshness = await read_model.freshness(await read_model.collections())
        try:
            file = await exporter.export(job)
        except Exception as error:
            log.exception("export failed", export_id=str(job["_id"]), error=type(error).__name__)
            await jobs.fail(job["_id"], "internal", clock())
        else:
            await jobs.finish(job["_id"], file, freshness.as_of, clock())
            log.info("export done", export_id=str(job["_id"]), rows=file.rows)


def run_exporter(settings: Settings, host: str, port: int) -> None:
    """Work until a signal, with health and metrics on the port."""
    configure_logging("query-api")

    async def work() -> None:
        mongo = connect(settings.mongo_url, settings.query_mongo_driver)
        read_model = ReadModel(mongo.database, utc_now)
        jobs = ExportJobs(mongo.database)
        files = export_files(settings)
        exporter = Exporter(
            read_model=read_model,
            jobs=jobs,
            files=files,
            zone=settings.time_zone,
            clock=utc_now,
        )
        app = worker_app(
            "query-exporter", readiness={"mongodb": mongo.ping, "object store": files.check}
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(serve(app, host, port))
                tasks.create_task(
                    work_off_exports(
                        exporter, jobs=jobs, files=files, read_model=read_model, clock=utc_now
                    )
                )
        finally:
            await mongo.close()

    run(work)
