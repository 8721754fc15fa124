"""CSV in UTF-8, for spreadsheets or for programs."""

import codecs
from enum import StrEnum
from pathlib import Path
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from pyarrow.csv import CSVWriter, WriteOptions  # type: ignore[import-untyped]

from vinculo.tabular.cells import INTEGER, TEXT, cell_texts, shown_columns
from vinculo.tabular.table import Column, FileReport, Kind, TableLayout

FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")  # noqa: RUF001 - spreadsheets take the wide forms for formulas too
MONTHS: Final = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|ene(?:ro)?|febrero|marzo|abr(?:il)?|mayo|junio|julio"
    "|ago(?:sto)?|set(?:iembre)?|septiembre|octubre|noviembre|dic(?:iembre)?"
)
REINTERPRETED: Final = (
    r"(?i)^\s*(?:"
    r"0[0-9]+"  # leading zeros are dropped
    r"|[0-9]{12,}"  # shown with an exponent; digits after the fifteenth become zeros
    r"|[0-9]+[.,]?[0-9]*e[+-]?[0-9]+"  # a number with an exponent
    r"|[0-9]+[.,][0-9]+|[0-9]{1,3}(?:[., ][0-9]{3})+|[0-9.,]+\s*%"  # decimal, grouped, percentage
    r"|[0-9]{1,4}[-/. ][0-9]{1,2}(?:[-/. ][0-9]{1,4})?"  # a date
    r"|[0-9]{1,4}(?::[0-9]{1,2}){1,2}"  # a time
    rf"|[0-9]{{1,4}}[-/. ]?(?:{MONTHS})\.?(?:[-/. ]?[0-9]{{1,4}})?"  # 1MAR, 1-mar-26
    rf"|(?:{MONTHS})\.?[-/. ]?[0-9]{{1,4}}"  # MAR1
    r"|true|false|verdadero|falso"
    r")\s*$"
)
"""Identifiers that a spreadsheet reads as a number, date, time or boolean, and shows as such."""


class Guard(StrEnum):
    """`EXCEL` keeps a spreadsheet from changing or evaluating cells, `RAW` has them unchanged."""

    EXCEL = "excel"
    RAW = "raw"


class CsvWriter:
    """All text is quoted: read with the other delimiter, a file must not split into formulas.

    With the guard for Excel, the file begins with a byte order mark, decimals have a comma where
    the delimiter is `;`, and an apostrophe precedes text that a spreadsheet would evaluate and
    identifiers that it would show differently.
    """

    def __init__(
        self, path: Path, layout: TableLayout, *, delimiter: str, guard: Guard = Guard.EXCEL
    ) -> None:
        self._layout = layout
        self._guarded = guard is Guard.EXCEL
        self._decimal_comma = self._guarded and delimiter == ";"
        self._rows = 0
        titles = pa.array(layout.titles, TEXT)
        self._titles = (guard_formulas(titles) if self._guarded else titles).to_pylist()
        types = [INTEGER if column.kind is Kind.INTEGER else TEXT for column in layout.columns]
        self._file = pa.OSFile(str(path), "wb")
        if self._guarded:
            self._file.write(codecs.BOM_UTF8)
        self._writer = CSVWriter(
            self._file,
            pa.schema(zip(self._titles, types, strict=True)),
            write_options=WriteOptions(delimiter=delimiter),
        )

    def write(self, rows: pa.RecordBatch) -> None:
        columns = [
            self._cells(column, cells)
            for column, cells in zip(
                self._layout.columns, shown_columns(rows, self._layout), strict=True
            )
        ]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, names=self._titles))
        self._rows += rows.num_rows

    def finish(self) -> FileReport:
        self._writer.close()
        self._file.close()
        return FileReport(rows=self._rows)

    def discard(self) -> None:
        self._file.close()

    def _cells(self, column: Column, cells: pa.Array) -> pa.Array:
        match column.kind:
            case Kind.INTEGER:
                return cells
            case Kind.DECIMAL if self._decimal_comma:
                return pc.replace_substring(cells.cast(TEXT), ".", ",")
            case Kind.TEXT if self._guarded:
                return guard_formulas(cells)
            case Kind.IDENTIFIER if self._guarded:
                return guard_identifiers(cells)
            case _:
                return cell_texts(cells, self._layout)


def guard_formulas(texts: pa.Array) -> pa.Array:
    """An apostrophe in front of text that a spreadsheet would evaluate as a formula."""
    return _with_apostrophe(texts, _starts_formula(texts))


def guard_identifiers(texts: pa.Array) -> pa.Array:
    """As for formulas; also in front of what a spreadsheet would read as a number or date."""
    reinterpreted = pc.match_substring_regex(texts, REINTERPRETED)
    return _with_apostrophe(texts, pc.or_(_starts_formula(texts), reinterpreted))


def _starts_formula(texts: pa.Array) -> pa.Array:
    first = pc.utf8_slice_codeunits(texts, start=0, stop=1)
    return pc.is_in(first, pa.array(FORMULA_STARTS, TEXT))


def _with_apostrophe(texts: pa.Array, where: pa.Array) -> pa.Array:
    return pc.if_else(where, pc.binary_join_element_wise("'", texts, ""), texts)
