"""The exporter process: takes jobs one by one, apart from the API so that lists stay quick."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import structlog

from vinculo.events import utc_now
from vinculo.httpapi import serve, worker_app
from vinculo.process import configure_logging, run_until_signal
from vinculo.query_api.audit_log import AuditLog
from vinculo.query_api.exports.contents_index import ExportContents
from vinculo.query_api.exports.file_builder import ExportFileBuilder
from vinculo.query_api.exports.job_queue import ExportedFile, ExportQueue, LeasedJob
from vinculo.query_api.exports.manifest import audit_facts
from vinculo.query_api.exports.object_store import ExportFileStore, export_file_store
from vinculo.query_api.exports.revocation import ErasureRevoker
from vinculo.query_api.exports.scratch import remove_abandoned
from vinculo.query_api.exports.threads import in_thread
from vinculo.query_api.mongo import Mongo, connect
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.settings import Settings

IDLE_SECONDS: Final = 0.25
HELD_EVERY_SECONDS: Final = 1.0
SWEPT_EVERY: Final = timedelta(minutes=5)
MAX_ATTEMPTS: Final = 3

log = structlog.get_logger()


class LeaseLost(Exception):
    """The job was cancelled, or another exporter has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerDependencies:
    """What working off jobs takes."""

    exporter: ExportFileBuilder
    turns: ExportQueue
    files: ExportFileStore
    audit: AuditLog
    withdrawals: ErasureRevoker
    folder: Path
    clock: Callable[[], datetime]


async def run_worker(work: WorkerDependencies) -> None:
    """Run until cancelled. A job whose exporter died is taken again, three times at most."""
    swept_at = work.clock() - SWEPT_EVERY
    while True:
        now = work.clock()
        if now - swept_at >= SWEPT_EVERY:
            await sweep(work)
            swept_at = now
        turn = await work.turns.claim(now)
        if turn is None:
            await asyncio.sleep(IDLE_SECONDS)
        else:
            await process_job(work, turn)


async def sweep(work: WorkerDependencies) -> int:
    """Remove the files of jobs that have expired, were cancelled or never came to an end."""
    await in_thread(remove_abandoned, work.folder)
    names = await work.files.names()
    unwanted = set(names) - await work.turns.wanted(names, work.clock())
    for name in unwanted:
        await work.files.remove(name)
    return len(unwanted)


async def process_job(work: WorkerDependencies, turn: LeasedJob) -> None:
    """One try at one job, to whichever end."""
    if turn.attempt > MAX_ATTEMPTS:
        await _fail(work, turn, "attempts-exhausted")
        return
    try:
        file = await _with_lease(work, turn, work.exporter.export(turn))
    except LeaseLost:
        await work.files.remove(turn.object_name)
        log.info("export given up", export_id=str(turn.export_id))
    except Exception as error:
        log.exception("export failed", export_id=str(turn.export_id), error=type(error).__name__)
        await _fail(work, turn, "internal")
    else:
        await _finish(work, turn, file)


async def _finish(work: WorkerDependencies, turn: LeasedJob, file: ExportedFile) -> None:
    about = {"export_id": str(turn.export_id), **audit_facts(turn.job), **file.document()}
    await work.audit.record("export-made", by=turn.job["requested_by"], facts=about)
    if not await work.turns.finish(turn, file, work.clock()):
        await work.files.remove(file.object_name)
        return
    await work.withdrawals.check(turn.export_id)
    log.info("export done", export_id=str(turn.export_id), rows=file.rows)


async def _fail(work: WorkerDependencies, turn: LeasedJob, reason: str) -> None:
    await work.audit.record(
        "export-failed",
        by=turn.job["requested_by"],
        facts={"export_id": str(turn.export_id), "reason": reason},
    )
    await work.turns.fail(turn, reason, work.clock())


async def _with_lease(
    work: WorkerDependencies, turn: LeasedJob, exporting: Coroutine[Any, Any, ExportedFile]
) -> ExportedFile:
    """The outcome, with the lease renewed meanwhile. Raises TurnLost once the job is not ours."""
    task = asyncio.create_task(exporting)
    try:
        while not task.done():
            if not await work.turns.hold(turn, work.clock()):
                raise LeaseLost
            await asyncio.wait([task], timeout=HELD_EVERY_SECONDS)
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait([task])


def build_worker(
    mongo: Mongo, files: ExportFileStore, settings: Settings, clock: Callable[[], datetime]
) -> WorkerDependencies:
    read_model = ReadModel(mongo.database, clock)
    turns = ExportQueue(mongo.database, kept=settings.exports_kept)
    rosters = ExportContents(mongo.database, kept=settings.exports_kept)
    audit = AuditLog(mongo.database, clock)
    return WorkerDependencies(
        exporter=ExportFileBuilder(
            mongo=mongo,
            read_model=read_model,
            turns=turns,
            rosters=rosters,
            files=files,
            zone=settings.time_zone,
            folder=settings.query_exports_folder,
        ),
        turns=turns,
        files=files,
        audit=audit,
        withdrawals=ErasureRevoker(
            read_model=read_model,
            turns=turns,
            rosters=rosters,
            files=files,
            audit=audit,
            clock=clock,
        ),
        folder=settings.query_exports_folder,
        clock=clock,
    )


def run_exporter(settings: Settings, host: str, port: int) -> None:
    """Work until a signal, with health and metrics on the port."""
    configure_logging("query-api")

    async def work() -> None:
        mongo = connect(settings.mongo_url, settings.query_mongo_driver)
        working = build_worker(mongo, export_file_store(settings), settings, utc_now)
        app = worker_app(
            "query-exporter",
            readiness={"mongodb": mongo.ping, "object store": working.files.check},
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(serve(app, host, port))
                tasks.create_task(run_worker(working))
                tasks.create_task(working.withdrawals.run())
        finally:
            await mongo.close()

    run_until_signal(work)
