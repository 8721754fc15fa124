"""Builds the file of one export: rows are read in batches, written as they are read, uploaded.

A row source has the list's own filter, sort order and columns.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pymongo.errors import ExecutionTimeout, OperationFailure

from vinculo.process import crash_point
from vinculo.query_api.exports.contents_index import ExportContents
from vinculo.query_api.exports.export_job import ExportedFile, ExportJob
from vinculo.query_api.exports.job_queue import ExportQueue, LeasedJob
from vinculo.query_api.exports.manifest import describe_selection
from vinculo.query_api.exports.object_store import ExportFileStore
from vinculo.query_api.exports.rows import (
    contiguous_bytes,
    file_columns,
    file_rows,
    id_bytes,
    read_batch,
    schema_of,
)
from vinculo.query_api.exports.scratch import scratch_directory
from vinculo.query_api.exports.threads import run_in_thread
from vinculo.query_api.lists.catalogue import (
    LISTS,
    Column,
    Sort,
    projected_fields,
    sort_by,
)
from vinculo.query_api.lists.filters import PeopleFilter, filter_people
from vinculo.query_api.lists.page import PageQuery, page_queries
from vinculo.query_api.lists.planner.planner import Plan
from vinculo.query_api.lists.query import count_matching, read_counts
from vinculo.query_api.mongo import Mongo, Session
from vinculo.query_api.person_document.indexes import index_name
from vinculo.query_api.person_document.schema import PAYER_ID
from vinculo.query_api.read_model import Collections, ReadModel, payer_names
from vinculo.query_api.texts import TextContext, text
from vinculo.tabular import (
    CsvWriter,
    FileReport,
    Fonts,
    Format,
    Guard,
    PdfTexts,
    PdfWriter,
    TableLayout,
    TableWriter,
    XlsxWriter,
)
from vinculo.translation import Language

BATCH_ROWS: Final = 10_000
COUNT_TIMEOUT_MS: Final = 20_000
SNAPSHOT_TOO_OLD: Final = frozenset({239, 246})
"""MongoDB's codes for a snapshot that is not available any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowSource:
    """The rows of an export, from one generation of the read model."""

    collections: Collections
    people_filter: PeopleFilter
    sort: Sort
    columns: tuple[Column, ...]

    async def estimated_rows(self) -> int | None:
        """The number of rows to expect; None when counting takes too long."""
        people, people_filter = self.collections.people, self.people_filter
        try:
            if people_filter.is_answerable_from_counters:
                counts = await read_counts(self.collections.counters)
                return (await count_matching(people, people_filter, counts)).people
            return await people.count_documents(people_filter.match(), maxTimeMS=COUNT_TIMEOUT_MS)
        except ExecutionTimeout:
            return None

    async def batches(self, session: Session | None) -> AsyncGenerator[pa.RecordBatch, None]:
        """The rows in MongoDB's batches; the next one is fetched while one is processed."""
        schema = schema_of(self.columns)
        is_counted = self.people_filter.is_answerable_from_counters
        index = index_name(self.sort.field) if is_counted else None
        plan = Plan(index=index, match=self.people_filter.match(), estimated_rows=0)
        for query in page_queries(plan, self.sort, None):
            cursor = self._find(query, session)
            try:
                async with aclosing(_prefetch(cursor)) as raw_batches:
                    async for batch in raw_batches:
                        if batch:  # empty when there are no people
                            yield await run_in_thread(read_batch, batch, schema)
            finally:
                await cursor.close()

    def _find(self, query: PageQuery, session: Session | None) -> Any:  # noqa: ANN401 - either driver's cursor
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
        """Names of the payers of a batch; empty when no column shows them."""
        if PAYER_ID not in people.schema.names:
            return {}
        ids = pc.unique(id_bytes(people.column(PAYER_ID))).drop_null()
        payer_ids = [UUID(bytes=each) for each in ids.to_pylist()]
        return await payer_names(self.collections.payers, payer_ids)


def row_source_for(job: ExportJob, collections: Collections, zone: ZoneInfo) -> RowSource:
    people_list = LISTS[job.spec.list_name]
    return RowSource(
        collections=collections,
        people_filter=filter_people(
            people_list,
            job.spec.filters,
            zone=zone,
            now=job.requested_at,
        ),
        sort=sort_by(people_list, job.spec.sort),
        columns=tuple(
            column for name in job.spec.columns if (column := people_list.column(name)) is not None
        ),
    )


async def _prefetch(batches: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The batches, with the next one fetched in advance."""

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


class ExportFileBuilder:
    """Files are written in `folder` before they are uploaded."""

    def __init__(
        self,
        *,
        mongo: Mongo,
        read_model: ReadModel,
        queue: ExportQueue,
        contents: ExportContents,
        files: ExportFileStore,
        zone: ZoneInfo,
        folder: Path,
        fonts: Fonts,
    ) -> None:
        self._mongo = mongo
        self._read_model = read_model
        self._queue = queue
        self._contents = contents
        self._files = files
        self._zone = zone
        self._folder = folder
        self._fonts = fonts

    async def build(self, leased: LeasedJob) -> ExportedFile:
        """Write the file and upload it.

        All rows are of one moment, unless reading takes longer than MongoDB keeps snapshots. Then
        the file is written again without a snapshot, and says so.
        """
        try:
            async with await self._mongo.start_session(snapshot=True) as session:
                return await self._build(leased, session)
        except OperationFailure as failure:
            if failure.code not in SNAPSHOT_TOO_OLD:
                raise
        return await self._build(leased, None)

    async def _build(self, leased: LeasedJob, session: Session | None) -> ExportedFile:
        collections = await self._read_model.collections()
        source = row_source_for(leased.job, collections, self._zone)
        freshness = await self._read_model.freshness(collections)
        estimated_rows = await source.estimated_rows()
        if estimated_rows is not None:
            await self._queue.report_estimate(leased, estimated_rows)
        with scratch_directory(self._folder) as directory:
            path = directory / "rows"
            report = await self._write(leased, source, path, session)
            size_bytes, sha256 = await run_in_thread(_measure, path)
            media_type = leased.job.spec.format.media_type
            await self._files.upload(leased.object_name, path, media_type)
        crash_point("exporter-after-upload")
        return ExportedFile(
            object_name=leased.object_name,
            report=report,
            size_bytes=size_bytes,
            sha256=sha256,
            as_of=freshness.as_of,
            position=freshness.position,
            one_moment=session is not None,
        )

    async def _write(
        self, leased: LeasedJob, source: RowSource, path: Path, session: Session | None
    ) -> FileReport:
        language = leased.job.spec.language
        writer = await run_in_thread(self._open, leased, source, path)
        rows = 0
        recording: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        recording.set_result(None)
        try:
            async with aclosing(source.batches(session)) as batches:
                async for people in batches:
                    payers = await source.payers(people)
                    await run_in_thread(
                        _write_batch, writer, people, source.columns, language, payers
                    )
                    rows += people.num_rows
                    await recording
                    recording = asyncio.ensure_future(self._record(leased, people, rows))
                    crash_point("exporter-mid-file")
            await recording
            return await run_in_thread(writer.finish)
        except BaseException:
            writer.discard()
            raise
        finally:
            recording.cancel()
            await asyncio.wait([recording])

    async def _record(self, leased: LeasedJob, people: pa.RecordBatch, rows: int) -> None:
        """Index the batch's people and report progress, while the next batch is written."""
        await self._contents.add(leased, contiguous_bytes(id_bytes(people.column("_id"))))
        await self._queue.report_rows(leased, rows)

    def _open(self, leased: LeasedJob, source: RowSource, path: Path) -> TableWriter:
        job, spec = leased.job, leased.job.spec
        layout = TableLayout(
            title=source.people_filter.people_list.title(spec.language),
            columns=file_columns(source.columns, spec.language),
            notes=describe_selection(job, self._zone),
            made_at=job.requested_at,
            zone=self._zone,
            language=spec.language,
        )
        match spec.format:
            case Format.CSV:
                guard = spec.guard or Guard.EXCEL
                return CsvWriter(path, layout, delimiter=spec.delimiter, guard=guard)
            case Format.XLSX:
                return XlsxWriter(path, layout)
            case Format.PDF:
                texts = _pdf_texts(layout, spec.language)
                return PdfWriter(path, layout, texts=texts, fonts=self._fonts)


def _write_batch(
    writer: TableWriter,
    people: pa.RecordBatch,
    columns: Sequence[Column],
    language: Language,
    payers: Mapping[UUID, str],
) -> None:
    writer.write(file_rows(people, columns, language, payers))


def _pdf_texts(layout: TableLayout, language: Language) -> PdfTexts:
    return PdfTexts(
        made_on=text(
            TextContext.FILE,
            "made_on",
            language,
            moment=f"{layout.made_at.astimezone(layout.zone):%Y-%m-%d %H:%M:%S}",
            time_zone=layout.zone.key,
        ),
        page=lambda number: text(TextContext.FILE, "page", language, number=number),
        rows=lambda rows: text(TextContext.FILE, "rows", language, rows=rows),
    )


def _measure(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 in hexadecimal of the whole file."""
    with path.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    return path.stat().st_size, digest
