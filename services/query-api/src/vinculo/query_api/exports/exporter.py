"""The exporter process: takes jobs one by one, apart from the API so that lists stay quick."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog

from vinculo.query_api.exports.export import Exporter
from vinculo.query_api.exports.jobs import KEPT, ExportJobs
from vinculo.query_api.exports.storage import ExportFiles
from vinculo.query_api.read_model import ReadModel

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
        freshness = await read_model.freshness()
        try:
            file = await exporter.export(job)
        except Exception as error:
            log.exception("export failed", export_id=str(job["_id"]), error=type(error).__name__)
            await jobs.fail(job["_id"], "internal", clock())
        else:
            await jobs.finish(job["_id"], file, freshness.as_of, clock())
            log.info("export done", export_id=str(job["_id"]), rows=file.rows)
