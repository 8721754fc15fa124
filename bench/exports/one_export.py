"""`python -m bench.exports.one_export`: one file in a process of its own, and what it took."""

import asyncio
import json
import resource
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
from vinculo.query_api.exports.file_builder import ExportFileBuilder, RowSource, row_source_for
from vinculo.query_api.exports.job_queue import ExportJobs, ExportQueue, ExportSpec, LeasedJob
from vinculo.query_api.exports.object_store import ExportFileStore
from vinculo.query_api.exports.writers.row_writer import Format
from vinculo.query_api.lists.catalogue import REGISTRATIONS
from vinculo.query_api.lists.filters import FilterParameters
from vinculo.query_api.mongo import Mongo, connect
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.settings import Settings

PLAIN = "plain"
KIB_PER_MB = 1024
LOOK_EVERY_SECONDS = 0.05


class NoStore:
    """In place of the object store, so that both sides write a file and nothing else."""

    async def upload(self, *_: object) -> None:
        """The file goes with its folder."""


async def with_service(settings: Settings, mongo: Mongo, turn: LeasedJob) -> int:
    """All that the exporter does, but for the upload: snapshot, progress, roster, digest."""
    exporter = ExportFileBuilder(
        mongo=mongo,
        read_model=ReadModel(mongo.database, utc_now),
        queue=ExportQueue(mongo.database, kept=settings.exports_kept),
        contents=ExportContents(mongo.database, kept=settings.exports_kept),
        files=cast("ExportFileStore", NoStore()),
        zone=settings.time_zone,
        folder=settings.query_exports_folder,
    )
    return (await exporter.build(turn)).rows


async def plainly(settings: Settings, mongo: Mongo, turn: LeasedJob, limit: int) -> int:
    collections = await ReadModel(mongo.database, utc_now).collections()
    reading: RowSource = row_source_for(turn.job, collections, settings.time_zone)
    labels = [column.label("es") for column in reading.columns]
    written = 0

    async def counted() -> Any:  # noqa: ANN401 - rows
        nonlocal written
        async for row in plain_exports.rows(reading, settings.time_zone, limit):
            written += 1
            yield row

    with TemporaryDirectory(prefix="vinculo-bench-") as folder:
        path = Path(folder) / "rows"
        await plain_exports.WRITERS[turn.job["format"]](path, counted(), labels)
    return written


async def one_export(how: str, file_format: str, limit: int) -> dict[str, float]:
    settings = Settings.model_validate({})
    mongo = connect(settings.mongo_url, settings.query_mongo_driver)
    try:
        turn = await _turn(mongo, settings, Format(file_format))
        peaks: list[float] = []
        watching = asyncio.create_task(_watch(peaks))
        begun = time.perf_counter()
        if how == PLAIN:
            rows = await plainly(settings, mongo, turn, limit)
        else:
            rows = await with_service(settings, mongo, turn)
        seconds = time.perf_counter() - begun
        watching.cancel()
        await mongo.database["exports"].delete_one({"_id": turn.export_id})
    finally:
        await mongo.close()
    return {
        "rows": rows,
        "seconds": seconds,
        "halfway_peak_mb": peaks[len(peaks) // 2],
        "peak_mb": _peak_mb(),
    }


async def _watch(peaks: list[float]) -> None:
    """Note the most memory taken so far, again and again."""
    while True:
        peaks.append(_peak_mb())
        await asyncio.sleep(LOOK_EVERY_SECONDS)


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MB


async def _turn(mongo: Mongo, settings: Settings, file_format: Format) -> LeasedJob:
    """A job of somebody's own, so that no place is taken."""
    asked = ExportSpec(
        list_name=REGISTRATIONS.name,
        format=file_format,
        parameters=FilterParameters(),
        sort=REGISTRATIONS.default_sort,
        language="es",
        delimiter=";",
        columns=[column.name for column in REGISTRATIONS.columns],
        withheld=[],
        withheld_groups=[],
    )
    export_id, now = uuid4(), datetime.now(UTC)
    await ExportJobs(mongo.database, kept=settings.exports_kept).queue(
        export_id, asked, by=uuid4(), now=now
    )
    turn = await ExportQueue(mongo.database, kept=settings.exports_kept).claim(now)
    if turn is None or turn.export_id != export_id:
        raise LookupError("another export waits in this database")
    return turn


if __name__ == "__main__":
    how_, file_format_, limit_ = sys.argv[1:]
    print(json.dumps(asyncio.run(one_export(how_, file_format_, int(limit_)))))
