"""An Excel workbook, written by the library rustpy-xlsxwriter in its constant-memory mode.

The library takes all sheets in one call, so rows are kept in a temporary Arrow file until their
number, and with it the number of sheets, is known. It keeps the XML of a sheet in a temporary file
too, without a name, in the folder of `TMPDIR`: a gigabyte for a million rows.

Text is written as text cells, never as formulas or links, so nothing needs an apostrophe and a
phone number reads as it was entered.
"""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from rustpy_xlsxwriter import Format as CellFormat
from rustpy_xlsxwriter import write_worksheets

from vinculo.tabular.cells import INTEGER, LOCAL_TIME, TEXT, shown_columns
from vinculo.tabular.table import (
    CellNotRepresentable,
    Column,
    FileReport,
    Kind,
    RowNumbers,
    TableLayout,
)

SHEET_ROWS: Final = 1_048_575
"""Excel's limit, less the header."""
MAX_CELL_UNITS: Final = 32_767
"""Excel's limit to the length of a text, in units of UTF-16."""
EXACT_DIGITS: Final = 15
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9999, 12, 31)
NOT_IN_SHEET_NAMES: Final = re.compile(r"[\[\]:*?/\\]")
SHEET_NAME_LETTERS: Final = 25
"""Excel's limit of 31, less a space and the number of the sheet."""
A4: Final = 9
ELLIPSIS: Final = "…"
CELL_TYPES: Final = {
    Kind.INTEGER: INTEGER,
    Kind.DECIMAL: pa.float64(),
    Kind.DATE: pa.date32(),
    Kind.TIMESTAMP: LOCAL_TIME,
    Kind.BOOLEAN: pa.bool_(),
}


class XlsxWriter:
    """Rows beyond the limit of a sheet continue on another sheet, with its own header.

    A text that is longer than a cell can be ends in an ellipsis; the report names its row.
    """

    def __init__(self, path: Path, layout: TableLayout, *, sheet_rows: int = SHEET_ROWS) -> None:
        self._path = path
        self._layout = layout
        self._sheet_rows = sheet_rows
        self._rows = 0
        self._truncated = RowNumbers()
        self._schema = pa.schema(
            [(column.title, CELL_TYPES.get(column.kind, TEXT)) for column in layout.columns]
        )
        self._spool_path = path.with_name(f"{path.name}.rows")
        self._spool_file = pa.OSFile(str(self._spool_path), "wb")
        self._spool = pa.ipc.new_stream(
            self._spool_file, self._schema, options=pa.ipc.IpcWriteOptions(compression="lz4")
        )

    def write(self, rows: pa.RecordBatch) -> None:
        cells = [
            self._cells(column, shown)
            for column, shown in zip(
                self._layout.columns, shown_columns(rows, self._layout), strict=True
            )
        ]
        self._spool.write_batch(pa.RecordBatch.from_arrays(cells, schema=self._schema))
        self._rows += rows.num_rows

    def finish(self) -> FileReport:
        self._close_spool()
        names = self._sheet_names()
        with pa.OSFile(str(self._spool_path), "rb") as spool:
            batches = _Batches(pa.ipc.open_stream(spool))
            write_worksheets(
                [
                    (
                        name,
                        pa.RecordBatchReader.from_batches(
                            self._schema, batches.take(self._sheet_rows)
                        ),
                    )
                    for name in names
                ],
                str(self._path),
                **self._options(names),
            )
        self._spool_path.unlink()
        return FileReport(rows=self._rows, truncated=self._truncated)

    def discard(self) -> None:
        self._close_spool()
        self._spool_path.unlink(missing_ok=True)

    def _close_spool(self) -> None:
        if not self._spool_file.closed:
            self._spool.close()
            self._spool_file.close()

    def _sheet_names(self) -> list[str]:
        name = NOT_IN_SHEET_NAMES.sub(" ", self._layout.title)[:SHEET_NAME_LETTERS].strip("' ")
        sheets = max(1, -(-self._rows // self._sheet_rows))
        return [name if number == 1 else f"{name} {number}" for number in range(1, sheets + 1)]

    def _options(self, names: list[str]) -> dict[str, Any]:
        columns = self._layout.columns
        identifiers = [column.title for column in columns if column.kind is Kind.IDENTIFIER]
        return {
            "freeze_panes": {"general": {"row": 1, "col": 0}},
            "autofilter": dict.fromkeys(names, True),
            "column_widths": {
                "general": [float(max(each.width, len(each.title) + 4)) for each in columns]
            },
            "column_formats": {"general": [_column_format(each.kind) for each in columns]},
            "header_format": {
                "general": CellFormat()
                .set_bold()
                .set_background_color("#EEEEEE")
                .set_border_bottom("thin")
            },
            "page_setup": {
                "general": {
                    "landscape": True,
                    "paper_size": A4,
                    "repeat_rows": 0,
                    "fit_to_pages": (1, 0),
                }
            },
            "ignore_errors": {"general": identifiers} if identifiers else None,
        }

    def _cells(self, column: Column, cells: pa.Array) -> pa.Array:
        match column.kind:
            case Kind.TEXT | Kind.IDENTIFIER:
                return self._within_limit(cells)
            case Kind.INTEGER:
                _require(column, cells, within=(1 - 10**EXACT_DIGITS, 10**EXACT_DIGITS - 1))
            case Kind.DECIMAL:
                return _as_floats(column, cells)
            case Kind.DATE | Kind.TIMESTAMP:
                _require(column, cells.cast(pa.date32()), within=(FIRST_DAY, LAST_DAY))
        return cells

    def _within_limit(self, texts: pa.Array) -> pa.Array:
        """The texts, with those that are too long for a cell cut."""
        longest = pc.max(pc.binary_length(texts)).as_py()
        if longest is None or longest <= MAX_CELL_UNITS:
            return texts
        cut = [_cut(text) for text in texts.to_pylist()]
        changed = pc.fill_null(pc.not_equal(texts, pa.array(cut, TEXT)), False)
        self._truncated.add(
            [self._rows + index + 1 for index in pc.indices_nonzero(changed).to_pylist()]
        )
        return pa.array(cut, TEXT)


class _Batches:
    """Batches of a stream, split where sheets end."""

    def __init__(self, stream: pa.RecordBatchReader) -> None:
        self._stream = iter(stream)
        self._rest: pa.RecordBatch | None = None

    def take(self, rows: int) -> Iterator[pa.RecordBatch]:
        """The next rows, at most as many as given."""
        while rows:
            batch = next(self._stream, None) if self._rest is None else self._rest
            if batch is None:
                return
            taken = batch.slice(0, rows)
            self._rest = batch.slice(rows) if rows < batch.num_rows else None
            rows -= taken.num_rows
            yield taken


def _column_format(kind: Kind) -> CellFormat | None:
    formats = {Kind.DATE: "yyyy\\-mm\\-dd", Kind.TIMESTAMP: "yyyy\\-mm\\-dd\\ hh:mm:ss"}
    found = formats.get(kind)
    return None if found is None else CellFormat().set_num_format(found).set_align("left")


def _require(column: Column, cells: pa.Array, *, within: tuple[Any, Any]) -> None:
    first, last = within
    smallest, largest = pc.min_max(cells).values()
    if (smallest.is_valid and smallest.as_py() < first) or (
        largest.is_valid and largest.as_py() > last
    ):
        raise CellNotRepresentable(f"{column.name}: a cell of XLSX has {first} to {last}")


def _as_floats(column: Column, cells: pa.Array) -> pa.Array:
    try:
        exact = cells.cast(pa.decimal128(EXACT_DIGITS, cells.type.scale))
    except pa.ArrowInvalid as error:
        raise CellNotRepresentable(
            f"{column.name}: a cell of XLSX has {EXACT_DIGITS} exact digits"
        ) from error
    return exact.cast(pa.float64())


def _cut(text: str | None) -> str | None:
    if text is None:
        return None
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MAX_CELL_UNITS:
        return text
    return units[: 2 * (MAX_CELL_UNITS - 1)].decode("utf-16-le", "ignore") + ELLIPSIS
