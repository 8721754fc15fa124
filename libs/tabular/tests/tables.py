"""Sample tables: layouts, rows as Arrow columns, and files of them read back by other programs."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pyarrow as pa  # type: ignore[import-untyped]
from openpyxl.utils.escape import unescape
from python_calamine import CalamineWorkbook

from vinculo.tabular import (
    Column,
    CsvWriter,
    FileReport,
    Kind,
    PdfTexts,
    PdfWriter,
    TableLayout,
    TableWriter,
    XlsxWriter,
    load_fonts,
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
EVERY_KIND = tuple(Column(name=kind, title=kind.title(), kind=kind) for kind in Kind)
ROW_OF_EVERY_KIND = (
    "Ana",
    "00842822",
    -2,
    Decimal("-1234.50"),
    date(2026, 3, 4),
    MOMENT,
    True,
)
TITLES = tuple(column.title for column in COLUMNS)
TEXTS = PdfTexts(
    made_on="Hecho el 2026-03-04 22:00:00 (America/Bogota)",
    page=lambda number: f"Página {number} de",
    rows=lambda rows: f"Filas: {rows}",
)
FONTS = load_fonts()
TYPES = {
    Kind.INTEGER: pa.int64(),
    Kind.DECIMAL: pa.decimal128(18, 2),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: pa.timestamp("ms", "UTC"),
    Kind.BOOLEAN: pa.bool_(),
}

Row = Sequence[str | int | datetime | date | Decimal | None]
MakeWriter = Callable[[Path, TableLayout], TableWriter]


def csv_writer(path: Path, layout: TableLayout) -> TableWriter:
    return CsvWriter(path, layout, delimiter=";")


def pdf_writer(path: Path, layout: TableLayout) -> TableWriter:
    return PdfWriter(path, layout, texts=TEXTS, fonts=FONTS)


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
        booleans=("no", "sí"),
    )


def sample_row(name: str, phone: str = "+573001112233") -> Row:
    return [name, phone, 2, MOMENT, None]


def write_file(
    make_writer: MakeWriter, path: Path, rows: Sequence[Row], columns: Sequence[Column] = COLUMNS
) -> Path:
    write_rows(make_writer(path, sample_layout(columns)), rows, columns)
    return path


def write_rows(
    writer: TableWriter, rows: Sequence[Row], columns: Sequence[Column] = COLUMNS
) -> FileReport:
    """Write the rows in batches of forty, and finish the file."""
    for start in range(0, len(rows), 40):
        writer.write(batch_of(rows[start : start + 40], columns))
    return writer.finish()


def batch_of(rows: Sequence[Sequence[Any]], columns: Sequence[Column] = COLUMNS) -> pa.RecordBatch:
    """The rows' cells, by column."""
    by_column = zip(*rows, strict=True) if rows else [[] for _ in columns]
    arrays = [
        pa.array(cells, TYPES.get(column.kind, pa.string()))
        for column, cells in zip(columns, by_column, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, names=[column.name for column in columns])


def read_sheet(path: Path, name: str = "Clientes") -> list[list[Any]]:
    """The cells of a sheet, on which openpyxl and calamine agree; None for an empty one."""
    sheet = openpyxl.load_workbook(path)[name]
    by_openpyxl = [[_unescaped(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    found = CalamineWorkbook.from_path(path).get_sheet_by_name(name).to_python()
    by_calamine = [[_as_by_openpyxl(cell) for cell in row] for row in found]
    assert by_openpyxl == by_calamine
    return by_openpyxl


def _as_by_openpyxl(cell: Any) -> Any:
    """Calamine has empty text for an empty cell, and a date for midnight."""
    if isinstance(cell, date) and not isinstance(cell, datetime):
        return datetime.combine(cell, time.min)
    return None if cell == "" else cell


def _unescaped(cell: Any) -> Any:
    """Openpyxl leaves `_x0041_` in the text of a cell as it is."""
    return unescape(cell) if isinstance(cell, str) else cell
