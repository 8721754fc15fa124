"""CSV files, read back."""

import csv
import itertools
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinculo.tabular.cells import TEXT
from vinculo.tabular.csv import FORMULA_STARTS, CsvWriter, guard_formulas

from .tables import (
    INJECTIONS,
    TITLES,
    batch_of,
    csv_writer,
    sample_layout,
    sample_row,
    write_file,
)


@pytest.mark.parametrize("delimiter", [";", ","])
def test_a_csv_reads_back_as_written(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "rows.csv"
    writer = CsvWriter(path, sample_layout(), delimiter=delimiter)
    writer.write(batch_of(sample_layout(), [sample_row('Ana "La" Ñ; x,y')]))
    writer.finish()

    with path.open(encoding="utf-8-sig", newline="") as written:
        header, *rows = csv.reader(written, delimiter=delimiter)
    assert tuple(header) == TITLES
    assert rows == [['Ana "La" Ñ; x,y', "'+573001112233", "2", "2026-03-04 22:00:07", ""]]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("read_with", [";", ","])
def test_no_cell_of_a_csv_is_a_formula_with_either_delimiter(
    tmp_path: Path, read_with: str
) -> None:
    path = write_file(csv_writer, tmp_path / "rows.csv", [sample_row(text) for text in INJECTIONS])

    with path.open(encoding="utf-8-sig", newline="") as written:
        cells = itertools.chain.from_iterable(csv.reader(written, delimiter=read_with))
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def guard(text: str) -> str:
    (guarded_text,) = guard_formulas(pa.array([text], TEXT)).to_pylist()
    return str(guarded_text)


@given(st.text(st.characters(codec="utf-8")))
def test_no_guarded_text_begins_like_a_formula(text: str) -> None:
    assert not guard(text).startswith(FORMULA_STARTS)
    assert guard(text).endswith(text)


@pytest.mark.parametrize(
    "start",
    ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"],  # noqa: RUF001 - the wide forms
)
def test_a_formula_gets_an_apostrophe(start: str) -> None:
    assert guard(f"{start}1") == f"'{start}1"


@pytest.mark.parametrize("text", ["", "Ana", "1-2", "a=b", "' quoted", " =1"])
def test_other_text_is_unchanged(text: str) -> None:
    assert guard(text) == text
