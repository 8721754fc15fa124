"""CSV files, read back."""

import csv
import itertools
from pathlib import Path
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow.csv import ConvertOptions, ParseOptions, read_csv  # type: ignore[import-untyped]

from vinculo.tabular import Column, CsvWriter, Guard, Kind
from vinculo.tabular.csv import FORMULA_STARTS, guard_formulas, guard_identifiers

from .tables import (
    COLUMNS,
    EVERY_KIND,
    INJECTIONS,
    ROW_OF_EVERY_KIND,
    TITLES,
    csv_writer,
    sample_layout,
    sample_row,
    write_file,
    write_rows,
)

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read(path: Path, delimiter: str = ";") -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as written:
        return list(csv.reader(written, delimiter=delimiter))


@pytest.mark.parametrize("delimiter", [";", ","])
def test_a_csv_reads_back_as_written(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "rows.csv"
    write_rows(
        CsvWriter(path, sample_layout(), delimiter=delimiter), [sample_row('Ana "La" Ñ; x,y')]
    )

    header, *rows = read(path, delimiter)
    assert tuple(header) == TITLES
    assert rows == [['Ana "La" Ñ; x,y', "'+573001112233", "2", "2026-03-04 22:00:07", ""]]
    assert path.read_bytes().startswith(BYTE_ORDER_MARK)


def test_another_reader_finds_the_same_cells(tmp_path: Path) -> None:
    rows = [sample_row(f"Núñez {n}\n«{n}»", f"+57300{n}") for n in range(100)]
    path = write_file(csv_writer, tmp_path / "rows.csv", rows)

    texts = {title: pa.string() for title in TITLES}
    table = read_csv(
        path,
        parse_options=ParseOptions(delimiter=";", newlines_in_values=True),
        convert_options=ConvertOptions(column_types=texts),
    )
    found = [list(row) for row in zip(*(c.to_pylist() for c in table.columns), strict=True)]
    assert found == read(path)[1:]


@pytest.mark.parametrize(
    ("guard", "delimiter", "expected"),
    [
        (Guard.EXCEL, ";", ["Ana", "'00842822", "-2", "-1234,50"]),
        (Guard.EXCEL, ",", ["Ana", "'00842822", "-2", "-1234.50"]),
        (Guard.RAW, ";", ["Ana", "00842822", "-2", "-1234.50"]),
    ],
)
def test_cells_of_every_kind(
    tmp_path: Path, guard: Guard, delimiter: str, expected: list[str]
) -> None:
    writer = CsvWriter(
        tmp_path / "rows.csv", sample_layout(EVERY_KIND), delimiter=delimiter, guard=guard
    )
    write_rows(writer, [ROW_OF_EVERY_KIND, [None] * len(EVERY_KIND)], EVERY_KIND)

    _, row, empty = read(tmp_path / "rows.csv", delimiter)
    assert row == [*expected, "2026-03-04", "2026-03-04 22:00:07", "sí"]
    assert set(empty) == {""}


@pytest.mark.parametrize("read_with", [";", ","])
def test_no_cell_of_a_csv_is_a_formula_with_either_delimiter(
    tmp_path: Path, read_with: str
) -> None:
    path = write_file(csv_writer, tmp_path / "rows.csv", [sample_row(text) for text in INJECTIONS])

    cells = itertools.chain.from_iterable(read(path, read_with))
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@given(st.lists(st.tuples(st.text(st.characters(codec="utf-8")), st.text())))
def test_a_raw_csv_has_the_cells_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("raw") / "rows.csv"
    layout = sample_layout(COLUMNS[:2])
    writer = CsvWriter(path, layout, delimiter=",", guard=Guard.RAW)
    storable = [row for row in rows if is_storable(row)]
    write_rows(writer, storable, COLUMNS[:2])

    assert not path.read_bytes().startswith(BYTE_ORDER_MARK)
    assert read(path, ",")[1:] == [list(row) for row in storable]


def is_storable(row: tuple[str, str]) -> bool:
    """Arrow has no lone surrogates, and Python's reader no NUL before 3.11."""
    return all(cell.isprintable() for cell in row)


def guarded(text: str, guard: Any = guard_formulas) -> str:
    (found,) = guard(pa.array([text], pa.string())).to_pylist()
    return str(found)


@given(st.text(st.characters(codec="utf-8")))
def test_no_guarded_text_begins_like_a_formula(text: str) -> None:
    assert not guarded(text).startswith(FORMULA_STARTS)
    assert guarded(text).endswith(text)
    assert not guarded(text, guard_identifiers).startswith(FORMULA_STARTS)


@pytest.mark.parametrize(
    "start",
    ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"],  # noqa: RUF001 - the wide forms
)
def test_a_formula_gets_an_apostrophe(start: str) -> None:
    assert guarded(f"{start}1") == f"'{start}1"


@pytest.mark.parametrize("text", ["", "Ana", "1-2", "a=b", "' quoted", " =1", "00842822"])
def test_other_text_is_unchanged(text: str) -> None:
    assert guarded(text) == text


@pytest.mark.parametrize(
    "identifier",
    [
        "00842822",
        "6639E28",
        "6639e+28",
        "1.5E3",
        "123456789012",
        "+573001112233",
        "=1",
        "1-2",
        "3/4/2026",
        "2026-03-04",
        "12:30",
        "12:30:59",
        "1.5",
        "1,5",
        "1.234.567",
        "5%",
        "MAR1",
        "1MAR",
        "1-mar-26",
        "Dic 2026",
        "ENE26",
        "TRUE",
        "falso",
        " 007 ",
    ],
)
def test_an_identifier_that_a_spreadsheet_would_change_gets_an_apostrophe(identifier: str) -> None:
    assert guarded(identifier, guard_identifiers) == f"'{identifier}"


@pytest.mark.parametrize(
    "identifier",
    [
        "",
        "0",
        "1012345678",
        "12345678901",
        "AB123456",
        "E28",
        "E6639",
        "900123456-8",
        "01234567-89ab-cdef-0123-456789abcdef",
        "ana@mail.example",
        "MARIA1",
        "MARCA",
        "LOAN-2026-1",
    ],
)
def test_other_identifiers_are_unchanged(identifier: str) -> None:
    assert guarded(identifier, guard_identifiers) == identifier


def test_a_title_is_guarded_too(tmp_path: Path) -> None:
    columns = [Column(name="odd", title="=1", kind=Kind.INTEGER)]
    write_rows(
        CsvWriter(tmp_path / "rows.csv", sample_layout(columns), delimiter=";"), [[1]], columns
    )

    assert read(tmp_path / "rows.csv") == [["'=1"], ["1"]]
