"""The writer of each format."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pymongo.errors import ExecutionTimeout, OperationFailure

from vinculo.process.crash_points import crash_point
from vinculo.query_api.exports.contents_index import ExportContents
from vinculo.query_api.exports.job_queue import ExportedFile, ExportQueue, LeasedJob
from vinculo.query_api.exports.manifest import describe_selection
from vinculo.query_api.exports.object_store import ExportFileStore
from vinculo.query_api.exports.scratch import scratch_directory
from vinculo.query_api.exports.threads import in_thread
from vinculo.query_api.exports.writers.arrow import id_bytes, read_batch, schema_of
from vinculo.query_api.exports.writers.csv import CsvWriter
from vinculo.query_api.exports.writers.formatting import (
    CellFormat,
    contiguous_bytes,
    format_cells,
)
from vinculo.query_api.exports.writers.pdf import PdfWriter
from vinculo.query_api.exports.writers.row_writer import (
    MEDIA_TYPES,
    FileLayout,
    Format,
    RowWriter,
    WriterFactory,
)
from vinculo.query_api.exports.writers.xlsx import XlsxWriter
from vinculo.query_api.lists.catalogue import (
    LISTS,
    Column,
    ListName,
    Sort,
    projected_fields,
    sort_by,
)
from vinculo.query_api.lists.filters import FilterParameters, PeopleFilter, filter_people
from vinculo.query_api.lists.page import PageQuery, page_queries
from vinculo.query_api.lists.planner.planner import Plan
from vinculo.query_api.lists.query import count_matching, read_counts
from vinculo.query_api.mongo import Mongo, Session
from vinculo.query_api.person_document.schema import PAYER_ID, index_name
from vinculo.query_api.read_model import Collections, ReadModel, payer_names

WRITERS: Final[Mapping[Format, WriterFactory]] = {
    Format.CSV: CsvWriter,
    Format.XLSX: XlsxWriter,
    Format.PDF: PdfWriter,
}


BATCH_ROWS: Final = 10_000
COUNTED_MS: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSource:
    """What to read, from which generation of the read model."""

    collections: Collections
    people_filter: PeopleFilter
    sort: Sort
    columns: tuple[Column, ...]

    async def estimated_rows(self) -> int | None:
        """How many there will be; None when counting them takes too long."""
        people, people_filter = self.collections.people, self.people_filter
        try:
            if people_filter.counted:
                counts = await read_counts(self.collections.counters)
                return (await count_matching(people, people_filter, counts)).people
            return await people.count_documents(people_filter.match(), maxTimeMS=COUNTED_MS)
        except ExecutionTimeout:
            return None

    async def batches(self, session: Session | None) -> AsyncGenerator[pa.RecordBatch, None]:
        """The next is fetched while the last one is at work."""
        schema = schema_of(self.columns)
        index = index_name(self.sort.field) if self.people_filter.counted else None
        plan = Plan(index=index, match=self.people_filter.match(), people=0)
        for query in page_queries(plan, self.sort, None):
            cursor = self._ask(query, session)
            try:
                async with aclosing(_prefetch(cursor)) as raw:
                    async for batch in raw:
                        if batch:  # an empty one says that there are no people
                            yield await in_thread(read_batch, batch, schema)
            finally:
                await cursor.close()

    def _ask(self, query: PageQuery, session: Session | None) -> Any:  # noqa: ANN401 - either driver's cursor
        hint = {} if query.index is None else {"hint": query.index}
        return self.collections.people.find_raw_batches(
            query.match,
            projected_fields(self.columns, "_id"),
            sort=list(query.keys),
            batch_size=BATCH_ROWS,
            session=session,
            **hint,
        )

    async def payers(self, people: pa.RecordBatch) -> Mapping[UUID, str]:
        """Names of the payers of a batch, when they are shown."""
        if PAYER_ID not in people.schema.names:
            return {}
        ids = pc.unique(id_bytes(people.column(PAYER_ID))).drop_null()
        wanted = [{PAYER_ID: UUID(bytes=each)} for each in ids.to_pylist()]
        return await payer_names(self.collections.payers, wanted)


def row_source_for(job: Mapping[str, Any], collections: Collections, zone: ZoneInfo) -> RowSource:
    people_list = LISTS[ListName(job["list"])]
    return RowSource(
        collections=collections,
        people_filter=filter_people(
            people_list,
            FilterParameters.model_validate(job["parameters"]),
            zone=zone,
            now=job["requested_at"],
        ),
        sort=sort_by(people_list, job["sort"]),
        columns=tuple(c for c in people_list.columns if c.name in job["columns"]),
    )


async def _prefetch(batches: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """One batch further than asked for."""

    async def fetch() -> bytes | None:
        return await anext(batches, None)

    coming = asyncio.create_task(fetch())
    try:
        while (batch := await coming) is not None:
            coming = asyncio.create_task(fetch())
            yield batch
    finally:
        coming.cancel()
        await asyncio.wait([coming])


TOO_OLD: Final = frozenset({239, 246})
"""MongoDB's codes for a moment that it no longer remembers."""


class ExportFileBuilder:
    """Works off one turn at a time."""

    def __init__(
        self,
        *,
        mongo: Mongo,
        read_model: ReadModel,
        turns: ExportQueue,
        rosters: ExportContents,
        files: ExportFileStore,
        zone: ZoneInfo,
        folder: Path,
    ) -> None:
        """Files are written in `folder` before they are uploaded."""
        self._mongo = mongo
        self._read_model = read_model
        self._turns = turns
        self._rosters = rosters
        self._files = files
        self._zone = zone
        self._folder = folder

    async def export(self, turn: LeasedJob) -> ExportedFile:
        """Write the file and keep it in the object store.

        All rows are of one moment, unless reading takes longer than MongoDB remembers: then the
        file is begun anew without that, and says so.
        """
        try:
            async with await self._mongo.start_session(snapshot=True) as session:
                return await self._export(turn, session)
        except OperationFailure as failure:
            if failure.code not in TOO_OLD:
                raise
        return await self._export(turn, None)

    async def _export(self, turn: LeasedJob, session: Session | None) -> ExportedFile:
        reading = row_source_for(turn.job, await self._read_model.collections(), self._zone)
        freshness = await self._read_model.freshness(reading.collections)
        estimated_rows = await reading.estimated_rows()
        if estimated_rows is not None:
            await self._turns.estimate(turn, estimated_rows)
        with scratch_directory(self._folder) as folder:
            path = folder / "rows"
            rows = await self._write(turn, reading, path, session)
            size_bytes, sha256 = await in_thread(_measure, path)
            media_type = MEDIA_TYPES[Format(turn.job["format"])]
            await self._files.keep(turn.object_name, path, media_type)
        crash_point("exporter-after-upload")
        return ExportedFile(
            object_name=turn.object_name,
            rows=rows,
            size_bytes=size_bytes,
            sha256=sha256,
            as_of=freshness.as_of,
            position=freshness.headers().get("Vinculo-Position"),
            one_moment=session is not None,
        )

    async def _write(
        self, turn: LeasedJob, reading: RowSource, path: Path, session: Session | None
    ) -> int:
        wording = CellFormat(
            columns=reading.columns, zone=self._zone, language=turn.job["language"]
        )
        file = await in_thread(self._open, turn, reading, path)
        rows = 0
        noted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        noted.set_result(None)
        try:
            async with aclosing(reading.batches(session)) as batches:
                async for people in batches:
                    payers = await reading.payers(people)
                    await in_thread(_write_batch, file, people, wording, payers)
                    rows += people.num_rows
                    await noted
                    noted = asyncio.ensure_future(self._note(turn, people, rows))
                    crash_point("exporter-mid-file")
            await noted
            await in_thread(file.finish)
        except BaseException:
            file.abandon()
            raise
        finally:
            noted.cancel()
            await asyncio.wait([noted])
        return rows

    async def _note(self, turn: LeasedJob, people: pa.RecordBatch, rows: int) -> None:
        """Whose rows a batch holds, and how far the job is: while the next batch is written."""
        await self._rosters.add(turn, contiguous_bytes(id_bytes(people.column("_id"))))
        await self._turns.report(turn, rows)

    def _open(self, turn: LeasedJob, reading: RowSource, path: Path) -> RowWriter:
        job = turn.job
        layout = FileLayout(
            title=reading.people_filter.people_list.title.said(job["language"]),
            columns=reading.columns,
            filter_words=describe_selection(job, self._zone),
            made_at=job["requested_at"],
            zone=self._zone,
            language=job["language"],
            delimiter=job["delimiter"],
        )
        return WRITERS[Format(job["format"])](path, layout)


def _write_batch(
    file: RowWriter, people: pa.RecordBatch, wording: CellFormat, payers: Mapping[UUID, str]
) -> None:
    file.write(format_cells(people, wording, payers))


def _measure(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 in hexadecimal of the whole file."""
    with path.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    return path.stat().st_size, digest
