"""A CSV file that Excel reads right: UTF-8 with a byte order mark, `;` where commas are decimal."""

import codecs
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyarrow.csv import CSVWriter, WriteOptions  # type: ignore[import-untyped]

from vinculo.query_api.exports.writers.formatting import LOCAL, TEXT
from vinculo.query_api.exports.writers.row_writer import FileLayout
from vinculo.translation import Language

DELIMITERS: Final[Mapping[Language, str]] = {"es": ";", "en": ","}
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")  # noqa: RUF001 - spreadsheets take the wide forms for formulas too


class CsvWriter:
    """All text is quoted: a file read with the other delimiter must not split into formulas."""

    def __init__(self, path: Path, layout: FileLayout) -> None:
        self._labels = layout.labels
        self._file = pa.OSFile(str(path), "wb")
        self._file.write(codecs.BOM_UTF8)
        types = zip(self._labels, map(_written_as, layout.types), strict=True)
        self._writer = CSVWriter(
            self._file, pa.schema(types), write_options=WriteOptions(delimiter=layout.delimiter)
        )

    def write(self, cells: pa.RecordBatch) -> None:
        written = [_written(column) for column in cells.columns]
        self._writer.write_batch(pa.RecordBatch.from_arrays(written, names=self._labels))

    def finish(self) -> None:
        self._writer.close()
        self._file.close()

    def abandon(self) -> None:
        self._file.close()


def _written_as(kind: pa.DataType) -> pa.DataType:
    return TEXT if kind == LOCAL else kind


def _written(cells: pa.Array) -> pa.Array:
    """A moment as `YYYY-MM-DD HH:MM:SS`; text so that no spreadsheet calculates it."""
    if cells.type == TEXT:
        return guarded(cells)
    return cells.cast(_written_as(cells.type))


def guarded(texts: pa.Array) -> pa.Array:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front."""
    first = pc.utf8_slice_codeunits(texts, start=0, stop=1)
    starts = pc.is_in(first, pa.array(FORMULA_STARTS, TEXT))
    return pc.if_else(starts, pc.binary_join_element_wise("'", texts, ""), texts)
