"""One export: the list's own filter, sort and columns, written batch by batch."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from zoneinfo import ZoneInfo

from vinculo.query_api.exports.csv_file import CsvFile
from vinculo.query_api.exports.jobs import ExportedFile, ExportJobs
from vinculo.query_api.exports.storage import ExportFiles
from vinculo.query_api.lists.catalogue import LISTS, ListName
from vinculo.query_api.lists.filters import FilterParameters, filter_people
from vinculo.query_api.lists.rows import row, shown_fields
from vinculo.query_api.lists.sorting import sort_by
from vinculo.query_api.payer_names import payer_names
from vinculo.query_api.read_model import ReadModel

BATCH_ROWS: Final = 5_000


class Exporter:
    """Works off one job at a time."""

    def __init__(
        self,
        *,
        read_model: ReadModel,
        jobs: ExportJobs,
        files: ExportFiles,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
    ) -> None:
        self._read_model = read_model
        self._jobs = jobs
        self._files = files
        self._zone = zone
        self._clock = clock

    async def export(self, job: Mapping[str, Any]) -> ExportedFile:
        """Write the job's file and keep it in the object store."""
        with TemporaryDirectory(prefix="vinculo-export-") as folder:
            path = Path(folder) / "rows.csv"
            rows, size_bytes, sha256 = await self._write(job, path)
            name = f"{job['_id']}.csv"
            await self._files.keep(name, path, "text/csv; charset=utf-8")
        return ExportedFile(object_name=name, rows=rows, size_bytes=size_bytes, sha256=sha256)

    async def _write(self, job: Mapping[str, Any], path: Path) -> tuple[int, int, str]:
        people_list = LISTS[ListName(job["list"])]
        people_filter = filter_people(
            people_list,
            FilterParameters.model_validate(job["parameters"]),
            zone=self._zone,
            now=job["requested_at"],
        )
        sort = sort_by(people_list, job["sort"])
        collections = await self._read_model.collections()
        found = (
            collections.people.find(
                people_filter.match(), shown_fields(people_list.columns, sort.field)
            )
            .sort(sort.keys())
            .batch_size(BATCH_ROWS)
        )
        with CsvFile(path, people_list.columns, locale=job["locale"], zone=self._zone) as file:
            while batch := await found.to_list(BATCH_ROWS):
                payers = await payer_names(collections.payers, batch)
                await asyncio.to_thread(
                    file.write, [row(person, people_list.columns, payers) for person in batch]
                )
                await self._jobs.report(job["_id"], file.rows, self._clock())
            size_bytes, sha256 = file.close()
        return file.rows, size_bytes, sha256
