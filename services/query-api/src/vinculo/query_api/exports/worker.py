"""The export worker: a process apart from the API, so that exports do not slow down lists."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import structlog
from pydantic import AfterValidator, DirectoryPath

from vinculo.events import utc_now
from vinculo.httpapi import is_lost_connection, serve, worker_app
from vinculo.process import PeriodicJob, configure_logging, run_until_signal, run_with_retries
from vinculo.query_api.audit_log import AuditAction, AuditLog
from vinculo.query_api.exports.contents_index import ExportContents
from vinculo.query_api.exports.export_job import ExportedFile, encode_file
from vinculo.query_api.exports.file_builder import ExportFileBuilder
from vinculo.query_api.exports.job_queue import ExportQueue, LeasedJob
from vinculo.query_api.exports.manifest import audit_facts
from vinculo.query_api.exports.object_store import (
    ExportFileStore,
    export_file_store,
    is_store_lost,
)
from vinculo.query_api.exports.revocation import ErasureRevoker
from vinculo.query_api.exports.scratch import remove_abandoned
from vinculo.query_api.exports.threads import run_in_thread
from vinculo.query_api.log_tail import LogTail
from vinculo.query_api.mongo import Mongo, connect, is_mongo_lost
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.settings import Settings
from vinculo.tabular import CellNotRepresentable, load_fonts

POLL_INTERVAL_SECONDS: Final = 0.25
LEASE_INTERVAL_SECONDS: Final = 1.0
SWEEP_INTERVAL_SECONDS: Final = 300.0
REVOCATION_INTERVAL_SECONDS: Final = 1.0
MAX_ATTEMPTS: Final = 3

log: Final = structlog.get_logger()


def _with_fonts(folder: Path | None) -> Path | None:
    """The folder, if its fonts can be embedded in files; FontError, a ValueError, otherwise."""
    load_fonts(folder)
    return folder


class ExporterSettings(Settings):
    """The settings, with fonts that can be used. Other processes do not load the font library."""

    vinculo_font_dir: Annotated[DirectoryPath | None, AfterValidator(_with_fonts)] = None
    """Folder of further TrueType or OpenType fonts for PDF exports."""


class LeaseLost(Exception):
    """The job was cancelled, or another worker has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerDependencies:
    builder: ExportFileBuilder
    queue: ExportQueue
    files: ExportFileStore
    audit: AuditLog
    revoker: ErasureRevoker
    folder: Path
    clock: Callable[[], datetime]


async def run_worker(worker: WorkerDependencies) -> None:
    """Process jobs until cancelled.

    Raises:
        Exception: a server is away; the job of the moment is queued again or its lease expires.

    """
    while True:
        leased = await worker.queue.claim(worker.clock())
        if leased is None:
            await asyncio.sleep(POLL_INTERVAL_SECONDS)
        else:
            await process_job(worker, leased)


async def process_job(worker: WorkerDependencies, leased: LeasedJob) -> None:
    """Make one attempt at a job, the last one after three attempts that did not end.

    An attempt that is interrupted because a server is away does not count, and its error is raised.
    """
    if leased.tries > MAX_ATTEMPTS:
        await _fail(worker, leased, "attempts-exhausted")
        return
    try:
        file = await _with_lease(worker, leased, worker.builder.build(leased))
    except LeaseLost:
        await worker.files.remove(leased.object_name)
        log.info("export-abandoned", export_id=str(leased.export_id))
    except CellNotRepresentable as error:
        log.warning("export-failed", export_id=str(leased.export_id), error=str(error))
        await _fail(worker, leased, "cell-not-representable")
    except Exception as error:
        if is_lost_connection(error, [is_mongo_lost, is_store_lost]):
            await worker.queue.postpone(leased)
            raise
        log.exception("export-failed", export_id=str(leased.export_id), error=type(error).__name__)
        await _fail(worker, leased, "internal")
    else:
        await _finish(worker, leased, file)


async def _with_lease(
    worker: WorkerDependencies,
    leased: LeasedJob,
    building: Coroutine[object, object, ExportedFile],
) -> ExportedFile:
    """The built file, with the lease renewed meanwhile; LeaseLost once the lease is lost."""
    task = asyncio.create_task(building)
    try:
        while not task.done():
            if not await worker.queue.renew(leased, worker.clock()):
                raise LeaseLost
            await asyncio.wait([task], timeout=LEASE_INTERVAL_SECONDS)
        return task.result()
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _finish(worker: WorkerDependencies, leased: LeasedJob, file: ExportedFile) -> None:
    facts = {
        "export_id": str(leased.export_id),
        **audit_facts(leased.job.spec),
        **encode_file(file),
    }
    await worker.audit.record(AuditAction.EXPORT_MADE, by=leased.job.requested_by, facts=facts)
    if not await worker.queue.finish(leased, file, worker.clock()):
        await worker.files.remove(file.object_name)
        return
    await worker.revoker.revoke_if_erased(leased.export_id)
    log.info("export-done", export_id=str(leased.export_id), rows=file.report.rows)


async def _fail(worker: WorkerDependencies, leased: LeasedJob, reason: str) -> None:
    await worker.audit.record(
        AuditAction.EXPORT_FAILED,
        by=leased.job.requested_by,
        facts={"export_id": str(leased.export_id), "reason": reason},
    )
    await worker.queue.fail(leased, reason, worker.clock())


async def sweep(worker: WorkerDependencies) -> int:
    """Remove objects of expired, cancelled and unfinished jobs; return their number."""
    await run_in_thread(remove_abandoned, worker.folder)
    names = await worker.files.names()
    unreferenced = set(names) - await worker.queue.referenced_objects(names, worker.clock())
    for name in unreferenced:
        await worker.files.remove(name)
    return len(unreferenced)


def build_worker(
    mongo: Mongo,
    files: ExportFileStore,
    settings: Settings,
    clock: Callable[[], datetime],
    log_tail: LogTail | None = None,
) -> WorkerDependencies:
    read_model = ReadModel(mongo.database, clock, log_tail)
    queue = ExportQueue(mongo.own, kept=settings.exports_kept)
    contents = ExportContents(mongo.own, kept=settings.exports_kept)
    audit = AuditLog(mongo.own, clock)
    return WorkerDependencies(
        builder=ExportFileBuilder(
            mongo=mongo,
            read_model=read_model,
            queue=queue,
            contents=contents,
            files=files,
            zone=settings.time_zone,
            folder=settings.query_exports_folder,
            fonts=load_fonts(settings.vinculo_font_dir),
        ),
        queue=queue,
        files=files,
        audit=audit,
        revoker=ErasureRevoker(
            read_model=read_model,
            queue=queue,
            contents=contents,
            files=files,
            audit=audit,
            clock=clock,
        ),
        folder=settings.query_exports_folder,
        clock=clock,
    )


def periodic_jobs(worker: WorkerDependencies) -> tuple[PeriodicJob, ...]:
    return (
        PeriodicJob(
            name="export-sweep",
            work=lambda: sweep(worker),
            interval_seconds=SWEEP_INTERVAL_SECONDS,
        ),
        PeriodicJob(
            name="export-revocation",
            work=worker.revoker.scan,
            interval_seconds=REVOCATION_INTERVAL_SECONDS,
        ),
    )


def run_exporter(settings: Settings, host: str, port: int) -> None:
    """Process export jobs until a signal, with health and metrics on the port."""
    configure_logging("query-api")
    os.environ["TMPDIR"] = str(
        settings.query_exports_folder
    )  # where the XLSX library has its files

    async def work() -> None:
        mongo = connect(settings.mongo_url, settings.query_mongo_driver)
        log_tail = LogTail(settings.vinculo_kafka, utc_now)
        worker = build_worker(mongo, export_file_store(settings), settings, utc_now, log_tail)
        app = worker_app(
            "query-exporter",
            readiness={"mongodb": mongo.ping, "object store": worker.files.check},
        )
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(serve(app, host, port))
                tasks.create_task(run_with_retries(lambda: run_worker(worker), task="exports"))
                for job in periodic_jobs(worker):
                    tasks.create_task(job.run())
        finally:
            await log_tail.close()
            await mongo.close()

    run_until_signal(work)
