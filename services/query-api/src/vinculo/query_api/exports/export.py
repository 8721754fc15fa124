"""One export: the list's own filter, sort and columns, written batch by batch."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from pymongo.errors import ExecutionTimeout, OperationFailure

from vinculo.query_api.exports.cells import row_cells
from vinculo.query_api.exports.formats import MEDIA_TYPES, Format, Layout, RowsFile
from vinculo.query_api.exports.manifest import words_of_filter
from vinculo.query_api.exports.storage import ExportFiles
from vinculo.query_api.exports.threads import in_thread
from vinculo.query_api.exports.turns import ExportedFile, ExportTurns, Turn
from vinculo.query_api.exports.writers import WRITERS
from vinculo.query_api.lists.catalogue import LISTS, Column, ListName
from vinculo.query_api.lists.filters import FilterParameters, PeopleFilter, filter_people
from vinculo.query_api.lists.rows import row, shown_fields
from vinculo.query_api.lists.sorting import Sort, sort_by
from vinculo.query_api.lists.totals import matching, read_counts
from vinculo.query_api.mongo import Document, Mongo, Session
from vinculo.query_api.payer_names import payer_names
from vinculo.query_api.people.columns import index_name
from vinculo.query_api.read_model import Collections, ReadModel

BATCH_ROWS: Final = 2_000
COUNTED_MS: Final = 20_000
TOO_OLD: Final = frozenset({239, 246})
"""MongoDB's codes for a moment that it no longer remembers."""


class TooManyRows(Exception):
    """There are more rows than a file of this format may hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What to read, from which generation of the read model."""

    collections: Collections
    people_filter: PeopleFilter
    sort: Sort
    columns: tuple[Column, ...]


class Exporter:
    """Works off one turn at a time."""

    def __init__(
        self,
        *,
        mongo: Mongo,
        read_model: ReadModel,
        turns: ExportTurns,
        files: ExportFiles,
        zone: ZoneInfo,
        pdf_rows: int,
    ) -> None:
        self._mongo = mongo
        self._read_model = read_model
        self._turns = turns
        self._files = files
        self._zone = zone
        self._pdf_rows = pdf_rows

    async def export(self, turn: Turn) -> ExportedFile:
        """Write the file and keep it in the object store. Raises TooManyRows.

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

    async def _export(self, turn: Turn, session: Session | None) -> ExportedFile:
        reading = self._reading(turn, await self._read_model.collections())
        freshness = await self._read_model.freshness(reading.collections)
        await self._estimate(turn, reading)
        with TemporaryDirectory(prefix="vinculo-export-") as folder:
            path = Path(folder) / "rows"
            rows = await self._write(turn, reading, path, session)
            size_bytes, sha256 = await in_thread(_measure, path)
            media_type = MEDIA_TYPES[Format(turn.job["format"])]
            await self._files.keep(turn.object_name, path, media_type)
        return ExportedFile(
            object_name=turn.object_name,
            rows=rows,
            size_bytes=size_bytes,
            sha256=sha256,
            as_of=freshness.as_of,
            position=freshness.headers().get("Vinculo-Position"),
            one_moment=session is not None,
        )

    def _reading(self, turn: Turn, collections: Collections) -> Reading:
        job = turn.job
        people_list = LISTS[ListName(job["list"])]
        return Reading(
            collections=collections,
            people_filter=filter_people(
                people_list,
                FilterParameters.model_validate(job["parameters"]),
                zone=self._zone,
                now=job["requested_at"],
            ),
            sort=sort_by(people_list, job["sort"]),
            columns=tuple(c for c in people_list.columns if c.name in job["columns"]),
        )

    async def _estimate(self, turn: Turn, reading: Reading) -> None:
        """How many rows there will be, unless counting them takes too long."""
        people, people_filter = reading.collections.people, reading.people_filter
        try:
            if people_filter.counted:
                counts = await read_counts(reading.collections.counters)
                rows = (await matching(people, people_filter, counts)).people
            else:
                rows = await people.count_documents(people_filter.match(), maxTimeMS=COUNTED_MS)
        except ExecutionTimeout:
            return
        await self._turns.estimate(turn, rows)

    async def _write(
        self, turn: Turn, reading: Reading, path: Path, session: Session | None
    ) -> int:
        query = reading.collections.people.find(
            reading.people_filter.match(),
            shown_fields(reading.columns, reading.sort.field),
            session=session,
        )
        if reading.people_filter.counted:
            query = query.hint(index_name(reading.sort.field))
        found = query.sort(reading.sort.keys()).batch_size(BATCH_ROWS)
        file = await in_thread(self._open, turn, reading, path)
        rows = 0
        try:
            while batch := await found.to_list(BATCH_ROWS):
                rows += len(batch)
                self._bound(turn, rows)
                payers = await payer_names(reading.collections.payers, batch)
                await in_thread(self._write_batch, turn, file, batch, reading.columns, payers)
                await self._turns.report(turn, rows)
            await in_thread(file.finish)
        except BaseException:
            file.abandon()
            raise
        finally:
            await found.close()
        return rows

    def _bound(self, turn: Turn, rows: int) -> None:
        if turn.job["format"] == Format.PDF and rows > self._pdf_rows:
            raise TooManyRows

    def _write_batch(
        self,
        turn: Turn,
        file: RowsFile,
        batch: Sequence[Document],
        columns: Sequence[Column],
        payers: Mapping[UUID, str],
    ) -> None:
        language = turn.job["language"]
        file.write(
            row_cells(row(person, columns, payers), columns, zone=self._zone, language=language)
            for person in batch
        )

    def _open(self, turn: Turn, reading: Reading, path: Path) -> RowsFile:
        job = turn.job
        layout = Layout(
            title=reading.people_filter.people_list.title.said(job["language"]),
            columns=reading.columns,
            filter_words=words_of_filter(job, self._zone),
            made_at=job["requested_at"],
            zone=self._zone,
            language=job["language"],
            delimiter=job["delimiter"],
        )
        return WRITERS[Format(job["format"])](path, layout)


def _measure(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 in hexadecimal of the whole file."""
    with path.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    return path.stat().st_size, digest
