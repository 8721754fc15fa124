"""Rows as the columns that files are written from, and people as MongoDB would send them."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import bson
import pyarrow as pa  # type: ignore[import-untyped]
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions

from vinculo.query_api.exports.writers.arrow import path_of, read_batch, schema_of
from vinculo.query_api.exports.writers.formatting import CellFormat, format_cells, texts
from vinculo.query_api.exports.writers.row_writer import FileLayout
from vinculo.query_api.lists.catalogue import Column
from vinculo.translation import Language

BOGOTA = ZoneInfo("America/Bogota")
SENT: CodecOptions[dict[str, Any]] = CodecOptions(uuid_representation=UuidRepresentation.STANDARD)


def batch_of(layout: FileLayout, rows: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    """The rows' cells, by column."""
    columns = zip(*rows, strict=True) if rows else [[] for _ in layout.columns]
    arrays = [pa.array(each, kind) for each, kind in zip(columns, layout.types, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in layout.columns])


def cells(
    people: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    *,
    language: Language = "es",
    zone: ZoneInfo = BOGOTA,
    payers: Mapping[UUID, str] | None = None,
) -> pa.RecordBatch:
    """What a file shows of documents, read with just these columns."""
    sent = b"".join(bson.encode(_read(person, columns), codec_options=SENT) for person in people)
    wording = CellFormat(columns=columns, zone=zone, language=language)
    return format_cells(read_batch(sent, schema_of(columns)), wording, payers or {})


def rows_of(batch: pa.RecordBatch) -> list[list[str]]:
    """Row by row, every cell as text."""
    columns = [texts(column).to_pylist() for column in batch.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _read(person: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    """The parts of a document that a query for these columns answers."""
    outer = {path_of(column).partition(".")[0] for column in columns} | {"_id"}
    return {name: value for name, value in person.items() if name in outer}
