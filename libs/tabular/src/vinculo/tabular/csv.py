"""CSV that Excel opens correctly: UTF-8 with a byte order mark, `;` where commas are decimal."""

import codecs
from pathlib import Path
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyarrow.csv import CSVWriter, WriteOptions  # type: ignore[import-untyped]

from vinculo.tabular.cells import LOCAL_TIME, TEXT, shown_columns, shown_types
from vinculo.tabular.table import TableLayout

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")  # noqa: RUF001 - spreadsheets take the wide forms for formulas too


class CsvWriter:
    """All text is quoted: read with the other delimiter, a file must not split into formulas."""

    def __init__(self, path: Path, layout: TableLayout, *, delimiter: str) -> None:
        self._layout = layout
        self._file = pa.OSFile(str(path), "wb")
        self._file.write(codecs.BOM_UTF8)
        types = zip(layout.titles, map(_csv_type, shown_types(layout)), strict=True)
        self._writer = CSVWriter(
            self._file, pa.schema(types), write_options=WriteOptions(delimiter=delimiter)
        )

    def write(self, rows: pa.RecordBatch) -> None:
        columns = [_csv_cells(column) for column in shown_columns(rows, self._layout)]
        titles = self._layout.titles
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, names=titles))

    def finish(self) -> None:
        self._writer.close()
        self._file.close()

    def discard(self) -> None:
        self._file.close()


def _csv_type(kind: pa.DataType) -> pa.DataType:
    return TEXT if kind == LOCAL_TIME else kind


def _csv_cells(cells: pa.Array) -> pa.Array:
    """Local times as `YYYY-MM-DD HH:MM:SS`; text so that no spreadsheet evaluates it."""
    if cells.type == TEXT:
        return guard_formulas(cells)
    return cells.cast(_csv_type(cells.type))


def guard_formulas(texts: pa.Array) -> pa.Array:
    """An apostrophe in front of text that a spreadsheet would evaluate as a formula."""
    first = pc.utf8_slice_codeunits(texts, start=0, stop=1)
    starts = pc.is_in(first, pa.array(FORMULA_STARTS, TEXT))
    return pc.if_else(starts, pc.binary_join_element_wise("'", texts, ""), texts)
