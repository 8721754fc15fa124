"""Excel workbooks, read back."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinculo.tabular import CellNotRepresentable, Column, Kind, TableLayout, XlsxWriter

from .tables import (
    COLUMNS,
    EVERY_KIND,
    INJECTIONS,
    LOCAL_MOMENT,
    ROW_OF_EVERY_KIND,
    TITLES,
    batch_of,
    read_sheet,
    sample_layout,
    sample_row,
    write_file,
    write_rows,
)

NAME = COLUMNS[:1]


def names_of(path: Path) -> list[Any]:
    return [row[0] for row in read_sheet(path)[1:]]


def test_a_workbook_has_typed_cells_under_a_frozen_filtered_header(tmp_path: Path) -> None:
    path = write_file(XlsxWriter, tmp_path / "rows.xlsx", [sample_row("Ana Ñ"), sample_row("Luz")])

    header, first, second = read_sheet(path)
    assert tuple(header) == TITLES
    assert first == ["Ana Ñ", "+573001112233", 2, LOCAL_MOMENT, None]
    assert second[0] == "Luz"
    sheet = openpyxl.load_workbook(path)["Clientes"]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:E3"
    assert sheet.column_dimensions["A"].width > 30
    assert sheet["A1"].font.b
    assert sheet["D2"].is_date


def test_cells_of_every_kind_read_back_with_their_type(tmp_path: Path) -> None:
    rows = [ROW_OF_EVERY_KIND, [None] * len(EVERY_KIND), ROW_OF_EVERY_KIND]
    path = write_file(XlsxWriter, tmp_path / "rows.xlsx", rows, EVERY_KIND)

    sheet = openpyxl.load_workbook(path)["Clientes"]
    _, first, empty, last = sheet.iter_rows(values_only=True)
    midnight = datetime(2026, 3, 4)  # noqa: DTZ001 - a date, as openpyxl reads it
    assert first == ("Ana", "00842822", -2, -1234.5, midnight, LOCAL_MOMENT, True)
    assert last == first
    assert set(empty) == {None}
    assert [cell.data_type for cell in sheet[2]] == ["s", "s", "n", "n", "d", "d", "b"]
    assert sheet["E2"].number_format == "yyyy\\-mm\\-dd"


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(tmp_path: Path) -> None:
    path = write_file(XlsxWriter, tmp_path / "rows.xlsx", [sample_row(text) for text in INJECTIONS])

    sheet = openpyxl.load_workbook(path)["Clientes"]
    names = [cells[0] for cells in sheet.iter_rows(min_row=2)]
    assert names_of(path) == list(INJECTIONS)
    assert {cell.data_type for cell in names} == {"s"}
    assert not [cell for cell in names if cell.hyperlink is not None]


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 7])
@pytest.mark.parametrize("rows", [0, 1, 3, 4, 7])
def test_rows_beyond_the_limit_continue_on_another_sheet(
    tmp_path: Path, rows: int, batch_rows: int
) -> None:
    writer = XlsxWriter(tmp_path / "rows.xlsx", sample_layout(), sheet_rows=3)
    for start in range(0, rows, batch_rows):
        numbers = range(start, min(rows, start + batch_rows))
        writer.write(batch_of([sample_row(f"N{n}") for n in numbers]))
    assert writer.finish().rows == rows

    book = openpyxl.load_workbook(tmp_path / "rows.xlsx")
    assert book.sheetnames == ["Clientes", "Clientes 2", "Clientes 3"][: max(1, -(-rows // 3))]
    sheets = [read_sheet(tmp_path / "rows.xlsx", name) for name in book.sheetnames]
    assert [row[0] for sheet in sheets for row in sheet[1:]] == [f"N{n}" for n in range(rows)]
    assert {tuple(sheet[0]) for sheet in sheets} == {TITLES}
    assert [sheet.auto_filter.ref for sheet in book] == [f"A1:E{len(each)}" for each in sheets]


@pytest.mark.parametrize(
    "text",
    [
        "ana_x0041_x0042_b.r1@mail.example",
        "_x0041_",
        "__x0041__",
        "_x005F_",
        " spaces around ",
        "a\tb",
        "two\nlines",
        "<b>&amp;</b>",
        "bell\x07",
        "cr\rlf",
        "\x00",
        "😀",
    ],
)
def test_text_of_a_workbook_reads_back_unchanged(tmp_path: Path, text: str) -> None:
    path = write_file(XlsxWriter, tmp_path / "rows.xlsx", [sample_row(text), sample_row("Ana")])

    assert names_of(path) == [text, "Ana"]


@given(st.text(st.characters(codec="utf-8", exclude_characters="\ufffe\uffff"), min_size=1))
def test_any_text_of_a_workbook_reads_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("any") / "rows.xlsx"
    write_file(XlsxWriter, path, [[text]], NAME)

    assert names_of(path) == [text]


def test_a_workbook_prints_its_header_on_every_page(tmp_path: Path) -> None:
    path = write_file(XlsxWriter, tmp_path / "rows.xlsx", [sample_row("Ana")])

    sheet = openpyxl.load_workbook(path)["Clientes"]
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape"


@pytest.mark.parametrize("letter", ["a", "ñ", "李", "😀"])
def test_a_text_longer_than_a_cell_is_cut_and_its_row_is_reported(
    tmp_path: Path, letter: str
) -> None:
    fitting = letter * (32_767 // units(letter))
    rows = [[text] for text in ("Ana", fitting, fitting + letter, None, fitting * 2)]
    report = write_rows(XlsxWriter(tmp_path / "rows.xlsx", sample_layout(NAME)), rows, NAME)

    _, whole, cut, _, longest = names_of(tmp_path / "rows.xlsx")
    assert whole == fitting
    assert cut == longest
    assert cut[-1] == "…"
    assert fitting.startswith(cut[:-1])
    assert 32_766 <= units(cut) <= 32_767
    assert (report.truncated.total, report.truncated.first) == (2, [3, 5])


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def test_many_reported_rows_are_counted_and_the_first_hundred_listed(tmp_path: Path) -> None:
    rows = [["a" * 32_768] for _ in range(250)]
    report = write_rows(XlsxWriter(tmp_path / "rows.xlsx", sample_layout(NAME)), rows, NAME)

    assert report.truncated.total == 250
    assert report.truncated.first == list(range(1, 101))


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        (Kind.INTEGER, 10**15),
        (Kind.INTEGER, -(10**15)),
        (Kind.DECIMAL, Decimal(10**13)),
        (Kind.DATE, date(1899, 12, 31)),
        (Kind.TIMESTAMP, datetime.fromisoformat("1899-12-31T23:00:00Z")),
    ],
)
def test_a_number_or_date_that_a_sheet_would_change_is_refused(
    tmp_path: Path, kind: Kind, cell: Any
) -> None:
    columns = [Column(name="odd", title="Odd", kind=kind)]
    writer = XlsxWriter(tmp_path / "rows.xlsx", sample_layout(columns))

    with pytest.raises(CellNotRepresentable, match="odd"):
        writer.write(batch_of([[None], [cell]], columns))
    writer.discard()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        (Kind.INTEGER, 10**15 - 1),
        (Kind.DECIMAL, Decimal("-9999999999999.99")),
        (Kind.DATE, date(1900, 1, 1)),
        (Kind.DATE, date(9999, 12, 31)),
    ],
)
def test_the_largest_and_smallest_cells_read_back(tmp_path: Path, kind: Kind, cell: Any) -> None:
    columns = [Column(name="odd", title="Odd", kind=kind)]
    path = write_file(XlsxWriter, tmp_path / "rows.xlsx", [[cell]], columns)

    (found,) = names_of(path)
    if isinstance(found, datetime):
        found = found.date()
    assert found == (float(cell) if isinstance(cell, Decimal) else cell)


@pytest.mark.parametrize("title", ["A/B: [C]*?\\", "'Ana'", "L" * 40])
def test_any_title_becomes_the_name_of_a_sheet(tmp_path: Path, title: str) -> None:
    layout = renamed(sample_layout(NAME), title)
    write_rows(XlsxWriter(tmp_path / "rows.xlsx", layout), [["Ana"]], NAME)

    (sheet,) = openpyxl.load_workbook(tmp_path / "rows.xlsx")
    assert sheet["A2"].value == "Ana"


def renamed(layout: TableLayout, title: str) -> TableLayout:
    return TableLayout(
        title=title,
        columns=layout.columns,
        notes=layout.notes,
        made_at=layout.made_at,
        zone=layout.zone,
        language=layout.language,
    )


@pytest.mark.parametrize("ended", ["finish", "discard"])
def test_only_the_workbook_is_left(tmp_path: Path, ended: str) -> None:
    writer = XlsxWriter(tmp_path / "rows.xlsx", sample_layout())
    writer.write(batch_of([sample_row("Ana")]))
    getattr(writer, ended)()

    expected: Sequence[str] = ["rows.xlsx"] if ended == "finish" else []
    assert [path.name for path in tmp_path.iterdir()] == list(expected)


def test_the_library_has_its_temporary_files_in_the_folder_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = XlsxWriter(tmp_path / "rows.xlsx", sample_layout())
    writer.write(batch_of([sample_row("Ana")]))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "absent"))

    with pytest.raises(Exception, match="No such file"):
        writer.finish()
    writer.discard()
    assert list(tmp_path.iterdir()) == []
