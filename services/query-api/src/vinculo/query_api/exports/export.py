"""One export: read batch by batch, written as it is read, kept in the object store."""

import asyncio
import hashlib
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]
from pymongo.errors import OperationFailure

from vinculo.process.crash_points import crash_point
from vinculo.query_api.exports.arrow import id_bytes
from vinculo.query_api.exports.cells import Wording, cells_of, packed
from vinculo.query_api.exports.folders import own_folder
from vinculo.query_api.exports.formats import MEDIA_TYPES, Format, Layout, RowsFile
from vinculo.query_api.exports.manifest import words_of_filter
from vinculo.query_api.exports.reading import Reading, reading_of
from vinculo.query_api.exports.rosters import Rosters
from vinculo.query_api.exports.storage import ExportFiles
from vinculo.query_api.exports.threads import in_thread
from vinculo.query_api.exports.turns import ExportedFile, ExportTurns, Turn
from vinculo.query_api.exports.writers import WRITERS
from vinculo.query_api.mongo import Mongo, Session
from vinculo.query_api.read_model import ReadModel

TOO_OLD: Final = frozenset({239, 246})
"""MongoDB's codes for a moment that it no longer remembers."""


class Exporter:
    """Works off one turn at a time."""

    def __init__(
        self,
        *,
        mongo: Mongo,
        read_model: ReadModel,
        turns: ExportTurns,
        rosters: Rosters,
        files: ExportFiles,
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

    async def export(self, turn: Turn) -> ExportedFile:
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

    async def _export(self, turn: Turn, session: Session | None) -> ExportedFile:
        reading = reading_of(turn.job, await self._read_model.collections(), self._zone)
        freshness = await self._read_model.freshness(reading.collections)
        estimated_rows = await reading.estimated_rows()
        if estimated_rows is not None:
            await self._turns.estimate(turn, estimated_rows)
        with own_folder(self._folder) as folder:
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
        self, turn: Turn, reading: Reading, path: Path, session: Session | None
    ) -> int:
        wording = Wording(columns=reading.columns, zone=self._zone, language=turn.job["language"])
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

    async def _note(self, turn: Turn, people: pa.RecordBatch, rows: int) -> None:
        """Whose rows a batch holds, and how far the job is: while the next batch is written."""
        await self._rosters.add(turn, packed(id_bytes(people.column("_id"))))
        await self._turns.report(turn, rows)

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


def _write_batch(
    file: RowsFile, people: pa.RecordBatch, wording: Wording, payers: Mapping[UUID, str]
) -> None:
    file.write(cells_of(people, wording, payers))


def _measure(path: Path) -> tuple[int, str]:
    """Size in bytes and SHA-256 in hexadecimal of the whole file."""
    with path.open("rb") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
    return path.stat().st_size, digest
