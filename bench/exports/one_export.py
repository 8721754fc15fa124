"""`python -m bench.exports.one_export`: writes one file and prints rows, seconds and memory."""

import asyncio
import gc
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast
from uuid import uuid4

from bench.exports import plain_exports
from vinculo.events import utc_now
from vinculo.query_api.exports.contents_index import ExportContents
from vinculo.query_api.exports.export_job import ExportSpec
from vinculo.query_api.exports.file_builder import ExportFileBuilder, RowSource, row_source_for
from vinculo.query_api.exports.job_queue import ExportJobs, ExportQueue, LeasedJob
from vinculo.query_api.exports.object_store import ExportFileStore
from vinculo.query_api.lists.catalogue import REGISTRATIONS
from vinculo.query_api.mongo import Mongo, connect
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.settings import Settings
from vinculo.tabular import Fonts, Format, Guard, load_fonts

PLAIN = "plain"
LANGUAGE = "es"
KIB_PER_MB = 1024
POLL_INTERVAL_SECONDS = 0.05


class DiscardingStore:
    """In place of the object store, so that both sides write a file and nothing else."""

    async def upload(self, *_: object) -> None:
        """Do nothing: the file is deleted with its folder."""


async def export_with_service(
    settings: Settings, mongo: Mongo, leased: LeasedJob, fonts: Fonts
) -> int:
    """All steps of the exporter except the upload: snapshot, progress, contents, digest."""
    builder = ExportFileBuilder(
        mongo=mongo,
        read_model=ReadModel(mongo.database, utc_now),
        queue=ExportQueue(mongo.own, kept=settings.exports_kept),
        contents=ExportContents(mongo.own, kept=settings.exports_kept),
        files=cast("ExportFileStore", DiscardingStore()),
        zone=settings.time_zone,
        folder=settings.query_exports_folder,
        fonts=fonts,
    )
    return (await builder.build(leased)).report.rows


async def export_with_library(
    settings: Settings, mongo: Mongo, leased: LeasedJob, limit: int
) -> int:
    collections = await ReadModel(mongo.database, utc_now).collections()
    source: RowSource = row_source_for(leased.job, collections, settings.time_zone)
    labels = [column.label(LANGUAGE) for column in source.columns]
    written = 0

    async def counted() -> Any:  # noqa: ANN401 - rows
        nonlocal written
        async for row in plain_exports.rows(source, settings.time_zone, limit):
            written += 1
            yield row

    with TemporaryDirectory(prefix="vinculo-bench-") as folder:
        path = Path(folder) / "rows"
        await plain_exports.WRITERS[leased.job.spec.format](path, counted(), labels)
    return written


async def one_export(method: str, file_format: str, limit: int) -> dict[str, float]:
    settings = Settings.model_validate({})
    mongo = connect(settings.mongo_url, settings.query_mongo_driver)
    try:
        leased = await _leased_job(mongo, settings, Format(file_format))
        # The exporter does so once, when it starts.
        fonts = load_fonts(settings.vinculo_font_dir)
        gc.collect()
        gc.freeze()
        peaks: list[float] = []
        watcher = asyncio.create_task(_watch(peaks))
        started = time.perf_counter()
        if method == PLAIN:
            rows = await export_with_library(settings, mongo, leased, limit)
        else:
            rows = await export_with_service(settings, mongo, leased, fonts)
        seconds = time.perf_counter() - started
        watcher.cancel()
        await mongo.own["exports"].delete_one({"_id": leased.export_id})
    finally:
        await mongo.close()
    return {
        "rows": rows,
        "seconds": seconds,
        "halfway_peak_mb": peaks[len(peaks) // 2],
        "peak_mb": _peak_mb(),
    }


async def _watch(peaks: list[float]) -> None:
    """Add the peak memory so far at intervals."""
    while True:
        peaks.append(_peak_mb())
        await asyncio.sleep(POLL_INTERVAL_SECONDS)


def _peak_mb() -> float:
    """Linux's `VmHWM`. `ru_maxrss` is no less than what the starting process took."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kibibytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kibibytes) / KIB_PER_MB


async def _leased_job(mongo: Mongo, settings: Settings, file_format: Format) -> LeasedJob:
    """A job of a new requester, who has a free slot."""
    spec = ExportSpec(
        list_name=REGISTRATIONS.name,
        format=file_format,
        parameters={},
        sort=REGISTRATIONS.default_sort,
        language=LANGUAGE,
        delimiter=";",
        guard=Guard.EXCEL if file_format is Format.CSV else None,
        columns=tuple(column.name for column in REGISTRATIONS.columns),
        withheld=(),
        withheld_groups=(),
    )
    export_id, now = uuid4(), datetime.now(UTC)
    await ExportJobs(mongo.own, kept=settings.exports_kept).queue(
        export_id, spec, by=uuid4(), now=now
    )
    leased = await ExportQueue(mongo.own, kept=settings.exports_kept).claim(now)
    if leased is None or leased.export_id != export_id:
        raise LookupError("another export is queued in this database")
    return leased


if __name__ == "__main__":
    method_, file_format_, limit_ = sys.argv[1:]
    print(json.dumps(asyncio.run(one_export(method_, file_format_, int(limit_)))))
