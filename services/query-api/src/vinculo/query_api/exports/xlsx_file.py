"""An Excel workbook written row by row, with the memory of one row.

Text goes in as text cells, never as formulas or links, so that nothing needs an apostrophe and a
phone reads as it was written.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from vinculo.query_api.exports.cells import Cell
from vinculo.query_api.exports.formats import Layout
from vinculo.query_api.exports.widths import letters

SHEET_ROWS: Final = 1_048_575
"""Excel's limit, less the header."""
MOMENT: Final = "yyyy-mm-dd hh:mm:ss"


class XlsxFile:
    """More rows than a sheet holds go on in a further one, with its own header."""

    def __init__(self, path: Path, layout: Layout, *, sheet_rows: int = SHEET_ROWS) -> None:
        self._layout = layout
        self._sheet_rows = sheet_rows
        self._book: Any = Workbook(
            str(path),
            {
                "constant_memory": True,
                "tmpdir": str(path.parent),
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "use_zip64": True,
            },
        )
        self._book.set_properties(
            {"title": layout.title, "created": layout.made_at.replace(tzinfo=None)}
        )
        self._header = self._book.add_format({"bold": True, "bottom": 1, "bg_color": "#EEEEEE"})
        self._moment = self._book.add_format({"num_format": MOMENT, "align": "left"})
        self._sheets = 0
        self._begin_sheet()

    def write(self, rows: Iterable[Sequence[Cell]]) -> None:
        for cells in rows:
            if self._rows == self._sheet_rows:
                self._end_sheet()
                self._begin_sheet()
            self._rows += 1
            for column, cell in enumerate(cells):
                self._write_cell(self._rows, column, cell)

    def finish(self) -> None:
        self._end_sheet()
        self._book.close()

    def abandon(self) -> None:
        """Closes what is open, without making a workbook of it; the folder's owner removes it."""
        for sheet in self._book.worksheets():
            if sheet.row_data_fh is not None and not sheet.row_data_fh.closed:
                sheet.row_data_fh.close()
        self._book.fileclosed = 1

    def _begin_sheet(self) -> None:
        self._sheets += 1
        self._rows = 0
        number = "" if self._sheets == 1 else f" {self._sheets}"
        self._sheet = self._book.add_worksheet(f"{self._layout.title[:25]}{number}")
        self._sheet.freeze_panes(1, 0)
        for index, column in enumerate(self._layout.columns):
            width = max(letters(column.name), len(column.label(self._layout.language)) + 4)
            self._sheet.set_column(index, index, width)
        for index, label in enumerate(self._layout.labels):
            self._sheet.write_string(0, index, label, self._header)

    def _end_sheet(self) -> None:
        self._sheet.autofilter(0, 0, self._rows, len(self._layout.columns) - 1)

    def _write_cell(self, row: int, column: int, cell: Cell) -> None:
        match cell:
            case None | "":
                return
            case datetime():
                self._sheet.write_datetime(row, column, cell, self._moment)
            case int():
                self._sheet.write_number(row, column, cell)
            case _:
                self._sheet.write_string(row, column, cell)
