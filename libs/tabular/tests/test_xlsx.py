"""Excel workbooks, read back."""

from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

from vinculo.tabular import XlsxWriter

from .tables import (
    INJECTIONS,
    LOCAL_MOMENT,
    TITLES,
    batch_of,
    sample_layout,
    sample_row,
    write_file,
)


def test_a_workbook_has_typed_cells_under_a_frozen_filtered_header(tmp_path: Path) -> None:
    path = write_file(XlsxWriter, tmp_path / "rows.xlsx", [sample_row("Ana Ñ"), sample_row("Luz")])

    sheet = openpyxl.load_workbook(path)["Clientes"]
    header, first, second = sheet.iter_rows(values_only=True)
    assert header == TITLES
    assert first == ("Ana Ñ", "+573001112233", 2, LOCAL_MOMENT, None)
    assert second[0] == "Luz"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:E3"
    assert sheet.column_dimensions["A"].width > 30
    assert sheet["D2"].is_date


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(tmp_path: Path) -> None:
    path = write_file(XlsxWriter, tmp_path / "rows.xlsx", [sample_row(text) for text in INJECTIONS])

    sheet = openpyxl.load_workbook(path)["Clientes"]
    names = [cells[0] for cells in sheet.iter_rows(min_row=2)]
    assert [unescape(str(cell.value)) for cell in names] == list(INJECTIONS)
    assert {cell.data_type for cell in names} == {"s"}
    assert not [cell for cell in names if cell.hyperlink is not None]


def test_rows_beyond_the_limit_continue_on_another_sheet(tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    writer = XlsxWriter(path, sample_layout(), sheet_rows=2)
    writer.write(batch_of(sample_layout(), [sample_row(f"N{n}") for n in range(3)]))
    writer.write(batch_of(sample_layout(), [sample_row(f"N{n}") for n in range(3, 5)]))
    writer.finish()

    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Clientes", "Clientes 2", "Clientes 3"]
    assert [sheet["A2"].value for sheet in book] == ["N0", "N2", "N4"]
    assert {sheet["A1"].value for sheet in book} == {"Nombre"}
    assert [sheet.auto_filter.ref for sheet in book] == ["A1:E3", "A1:E3", "A1:E2"]


@pytest.mark.parametrize(
    "text",
    [
        " spaces around ",
        "a\tb",
        "two\nlines",
        "<b>&amp;</b>",
        "bell\x07",
        "_x0041_",
        "cr\rlf",
        "\ufffe",
    ],
)
def test_text_of_a_workbook_reads_back_unchanged(tmp_path: Path, text: str) -> None:
    path = write_file(XlsxWriter, tmp_path / "rows.xlsx", [sample_row(text), sample_row("Ana")])

    sheet = openpyxl.load_workbook(path)["Clientes"]
    assert unescape(str(sheet["A2"].value)) == text
    assert sheet["A3"].value == "Ana"


def test_a_workbook_prints_its_header_on_every_page(tmp_path: Path) -> None:
    path = write_file(XlsxWriter, tmp_path / "rows.xlsx", [sample_row("Ana")])

    book = openpyxl.load_workbook(path)
    assert book["Clientes"].print_title_rows == "$1:$1"
    assert book["Clientes"].page_setup.orientation == "landscape"
    assert book.properties.title == "Clientes"
    assert book.properties.created == datetime(2026, 3, 5, 3)  # noqa: DTZ001 - in UTC
