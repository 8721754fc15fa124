"""Sample rows as Arrow columns, and people as MongoDB would send them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import bson
import pyarrow as pa  # type: ignore[import-untyped]
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions

from vinculo.query_api.exports.writers.arrow import path_of, read_batch, schema_of
from vinculo.query_api.exports.writers.formatting import CellFormat, cell_texts, format_cells
from vinculo.query_api.exports.writers.row_writer import FileLayout, WriterFactory
from vinculo.query_api.lists.catalogue import (
    ACTIVE_LOANS,
    CREATED,
    EMAIL,
    NAME,
    PHONE,
    Column,
)
from vinculo.translation import Language

BOGOTA = ZoneInfo("America/Bogota")
SENT: CodecOptions[dict[str, Any]] = CodecOptions(uuid_representation=UuidRepresentation.STANDARD)


Cell = str | int | datetime | None
MOMENT = datetime(2026, 3, 4, 22, 0, 7)  # noqa: DTZ001 - local, as in files
INJECTIONS = (
    "=1+1",
    '=HYPERLINK("http://evil.example";"x")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "{=1}",
    "http://evil.example",
    "a,=1+1",
    "a;=1+1",
)


def sample_layout(
    *, delimiter: str = ";", selection: Sequence[str] = ("Estado: Activo",)
) -> FileLayout:
    return FileLayout(
        title="Clientes",
        columns=(NAME, PHONE, ACTIVE_LOANS, CREATED, EMAIL),
        selection=selection,
        made_at=datetime(2026, 3, 5, 3, tzinfo=UTC),
        zone=BOGOTA,
        language="es",
        delimiter=delimiter,
    )


LABELS = ("Nombre", "Teléfono", "Créditos activos", "Fecha de creación", "Correo electrónico")


def sample_row(name: str, phone: str = "+573001112233") -> list[Cell]:
    return [name, phone, 2, MOMENT, None]


def write_file(make_writer: WriterFactory, path: Path, rows: Sequence[Sequence[Cell]]) -> Path:
    writer = make_writer(path, sample_layout())
    for start in range(0, len(rows), 40):
        writer.write(batch_of(sample_layout(), rows[start : start + 40]))
    writer.finish()
    return path


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
    """The cells of documents that were projected to these columns."""
    sent = b"".join(bson.encode(_read(person, columns), codec_options=SENT) for person in people)
    cell_format = CellFormat(columns=columns, zone=zone, language=language)
    return format_cells(read_batch(sent, schema_of(columns)), cell_format, payers or {})


def rows_of(batch: pa.RecordBatch) -> list[list[str]]:
    """Row by row, every cell as text."""
    columns = [cell_texts(column).to_pylist() for column in batch.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def _read(person: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    """The parts of a document that a query for these columns returns."""
    outer = {path_of(column).partition(".")[0] for column in columns} | {"_id"}
    return {name: value for name, value in person.items() if name in outer}
