"""Sample tables: a layout, rows as Arrow columns, and files of them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]

from vinculo.tabular import (
    Column,
    CsvWriter,
    Kind,
    PdfTexts,
    PdfWriter,
    TableLayout,
    TableWriter,
    XlsxWriter,
)

BOGOTA = ZoneInfo("America/Bogota")
MOMENT = datetime(2026, 3, 5, 3, 0, 7, 999_000, tzinfo=UTC)
LOCAL_MOMENT = datetime(2026, 3, 4, 22, 0, 7)  # noqa: DTZ001 - local, as in files
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
COLUMNS = (
    Column(name="name", title="Nombre", width=34, printed_width=26),
    Column(name="phone", title="Teléfono", kind=Kind.IDENTIFIER, width=18, printed_width=14.5),
    Column(name="loans", title="Créditos activos", kind=Kind.INTEGER, width=10, printed_width=8.5),
    Column(name="created", title="Fecha de creación", kind=Kind.TIMESTAMP, printed_width=11.5),
    Column(name="email", title="Correo electrónico", width=36, printed_width=30),
)
ID = Column(name="id", title="Id", kind=Kind.IDENTIFIER, printed_width=19.5, break_after=19)
TITLES = tuple(column.title for column in COLUMNS)
TEXTS = PdfTexts(
    made_on="Hecho el 2026-03-04 22:00:00 (America/Bogota)",
    page=lambda number: f"Página {number} de",
    rows=lambda rows: f"Filas: {rows}",
)
TYPES = {Kind.INTEGER: pa.int64(), Kind.TIMESTAMP: pa.timestamp("ms", "UTC")}

Row = Sequence[str | int | datetime | None]
MakeWriter = Callable[[Path, TableLayout], TableWriter]


def csv_writer(path: Path, layout: TableLayout) -> TableWriter:
    return CsvWriter(path, layout, delimiter=";")


def pdf_writer(path: Path, layout: TableLayout) -> TableWriter:
    return PdfWriter(path, layout, texts=TEXTS)


WRITERS: tuple[MakeWriter, ...] = (csv_writer, XlsxWriter, pdf_writer)


def sample_layout(
    columns: Sequence[Column] = COLUMNS, *, notes: Sequence[str] = ("Estado: Activo",)
) -> TableLayout:
    return TableLayout(
        title="Clientes",
        columns=columns,
        notes=notes,
        made_at=datetime(2026, 3, 5, 3, tzinfo=UTC),
        zone=BOGOTA,
        language="es",
    )


def sample_row(name: str, phone: str = "+573001112233") -> Row:
    return [name, phone, 2, MOMENT, None]


def write_file(
    make_writer: MakeWriter, path: Path, rows: Sequence[Row], columns: Sequence[Column] = COLUMNS
) -> Path:
    layout = sample_layout(columns)
    writer = make_writer(path, layout)
    for start in range(0, len(rows), 40):
        writer.write(batch_of(layout, rows[start : start + 40]))
    writer.finish()
    return path


def batch_of(layout: TableLayout, rows: Sequence[Sequence[Any]]) -> pa.RecordBatch:
    """The rows' cells, by column."""
    columns = zip(*rows, strict=True) if rows else [[] for _ in layout.columns]
    arrays = [
        pa.array(cells, TYPES.get(column.kind, pa.string()))
        for column, cells in zip(layout.columns, columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in layout.columns])
