"""A file of each format read back: the same cells, and what its readers need around them."""

import csv
import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from pypdf import PdfReader

from vinculo.query_api.exports.writers.csv import CsvWriter
from vinculo.query_api.exports.writers.pdf import PdfWriter
from vinculo.query_api.exports.writers.row_writer import FileLayout, WriterFactory
from vinculo.query_api.exports.writers.xlsx import XlsxWriter
from vinculo.query_api.lists.catalogue import (
    ACTIVE_LOANS,
    CREATED,
    CUSTOMERS,
    EMAIL,
    NAME,
    PERSON_ID,
    PHONE,
)

from .columnar import BOGOTA, batch_of, cells, rows_of
from .query_service import some_people

Cell = str | int | datetime | None
MOMENT = datetime(2026, 3, 4, 22, 0, 7)  # noqa: DTZ001 - local, as files keep moments
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


def layout(
    *, delimiter: str = ";", filter_words: Sequence[str] = ("Estado: Activo",)
) -> FileLayout:
    return FileLayout(
        title="Clientes",
        columns=(NAME, PHONE, ACTIVE_LOANS, CREATED, EMAIL),
        filter_words=filter_words,
        made_at=datetime(2026, 3, 5, 3, tzinfo=UTC),
        zone=BOGOTA,
        language="es",
        delimiter=delimiter,
    )


LABELS = ("Nombre", "Teléfono", "Créditos activos", "Fecha de creación", "Correo electrónico")


def row(name: str, phone: str = "+573001112233") -> list[Cell]:
    return [name, phone, 2, MOMENT, None]


def write(open_file: WriterFactory, path: Path, rows: Sequence[Sequence[Cell]]) -> Path:
    file = open_file(path, layout())
    for start in range(0, len(rows), 40):
        file.write(batch_of(layout(), rows[start : start + 40]))
    file.finish()
    return path


@pytest.mark.parametrize("delimiter", [";", ","])
def test_a_csv_reads_back_as_written(tmp_path: Path, delimiter: str) -> None:
    path = tmp_path / "rows.csv"
    file = CsvWriter(path, layout(delimiter=delimiter))
    file.write(batch_of(layout(), [row('Ana "La" Ñ; x,y')]))
    file.finish()

    with path.open(encoding="utf-8-sig", newline="") as written:
        header, *rows = csv.reader(written, delimiter=delimiter)
    assert tuple(header) == LABELS
    assert rows == [['Ana "La" Ñ; x,y', "'+573001112233", "2", "2026-03-04 22:00:07", ""]]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("read_with", [";", ","])
def test_no_cell_of_a_csv_is_a_formula_with_either_delimiter(
    tmp_path: Path, read_with: str
) -> None:
    path = write(CsvWriter, tmp_path / "rows.csv", [row(text) for text in INJECTIONS])

    with path.open(encoding="utf-8-sig", newline="") as written:
        cells = itertools.chain.from_iterable(csv.reader(written, delimiter=read_with))
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_a_workbook_holds_typed_cells_under_a_frozen_filtered_header(tmp_path: Path) -> None:
    path = write(XlsxWriter, tmp_path / "rows.xlsx", [row("Ana Ñ"), row("Luz")])

    sheet = openpyxl.load_workbook(path)["Clientes"]
    header, first, second = sheet.iter_rows(values_only=True)
    assert header == LABELS
    assert first == ("Ana Ñ", "+573001112233", 2, MOMENT, None)
    assert second[0] == "Luz"
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:E3"
    assert sheet.column_dimensions["A"].width > 30
    assert sheet["D2"].is_date


def test_no_cell_of_a_workbook_is_a_formula_or_a_link(tmp_path: Path) -> None:
    path = write(XlsxWriter, tmp_path / "rows.xlsx", [row(text) for text in INJECTIONS])

    sheet = openpyxl.load_workbook(path)["Clientes"]
    names = [cells[0] for cells in sheet.iter_rows(min_row=2)]
    assert [unescape(str(cell.value)) for cell in names] == list(INJECTIONS)
    assert {cell.data_type for cell in names} == {"s"}
    assert not [cell for cell in names if cell.hyperlink is not None]


def test_more_rows_than_a_sheet_holds_go_on_in_another(tmp_path: Path) -> None:
    path = tmp_path / "rows.xlsx"
    file = XlsxWriter(path, layout(), sheet_rows=2)
    file.write(batch_of(layout(), [row(f"N{n}") for n in range(3)]))
    file.write(batch_of(layout(), [row(f"N{n}") for n in range(3, 5)]))
    file.finish()

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
def test_text_of_a_workbook_reads_back_as_it_was(tmp_path: Path, text: str) -> None:
    path = write(XlsxWriter, tmp_path / "rows.xlsx", [row(text), row("Ana")])

    sheet = openpyxl.load_workbook(path)["Clientes"]
    assert unescape(str(sheet["A2"].value)) == text
    assert sheet["A3"].value == "Ana"


def test_a_workbook_prints_its_header_on_every_page(tmp_path: Path) -> None:
    path = write(XlsxWriter, tmp_path / "rows.xlsx", [row("Ana")])

    book = openpyxl.load_workbook(path)
    assert book["Clientes"].print_title_rows == "$1:$1"
    assert book["Clientes"].page_setup.orientation == "landscape"
    assert book.properties.title == "Clientes"
    assert book.properties.created == datetime(2026, 3, 5, 3)  # noqa: DTZ001 - UTC, as such files have it


@pytest.mark.parametrize("open_file", [CsvWriter, XlsxWriter])
def test_a_table_without_rows_has_its_header(tmp_path: Path, open_file: WriterFactory) -> None:
    path = write(open_file, tmp_path / "rows", [])

    if open_file is CsvWriter:
        written = path.read_text(encoding="utf-8-sig")
        assert list(csv.reader([written], delimiter=";")) == [list(LABELS)]
    else:
        with path.open("rb") as file:
            (sheet,) = openpyxl.load_workbook(file)
        assert list(sheet.iter_rows(values_only=True)) == [LABELS]


def test_every_page_of_a_pdf_says_what_it_is(tmp_path: Path) -> None:
    path = write(PdfWriter, tmp_path / "rows.pdf", [row(f"Núñez {n}") for n in range(150)])

    texts = [page.extract_text() for page in PdfReader(path).pages]
    assert len(texts) > 1
    for number, text in enumerate(texts, 1):
        assert f"Página {number} de" in text
        assert str(len(texts)) in text.splitlines()
        assert "Estado: Activo" in text
        assert "2026-03-04 22:00:00 (America/Bogota)" in text
        assert "Correo electrónico" in text
    written = "\n".join(texts)
    assert all(f"Núñez {n}\n" in written for n in range(150))


def test_a_long_name_is_wrapped_and_wholly_there(tmp_path: Path) -> None:
    name = "María de los Ángeles Rodríguez de la Hoz y Ñáñez Peñaranda del Castillo " * 2
    path = write(PdfWriter, tmp_path / "rows.pdf", [row(name), row("W" * 150)])

    text = PdfReader(path).pages[0].extract_text()
    assert " ".join(name.split()) in " ".join(text.split())
    assert "W" * 150 in "".join(text.split())


def test_letters_that_the_font_lacks_lose_their_accents(tmp_path: Path) -> None:
    path = write(PdfWriter, tmp_path / "rows.pdf", [row("Ősz Ślą 漢 😀")])

    assert "Osz Sla ? ?" in PdfReader(path).pages[0].extract_text()


def test_a_pdf_of_any_length_is_read_without_a_complaint(tmp_path: Path) -> None:
    path = write(PdfWriter, tmp_path / "rows.pdf", [row(f"({n}) \\") for n in range(40 * 300)])

    pdf = PdfReader(path, strict=True)
    assert len(pdf.pages) > 256
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Clientes"
    first, last = pdf.pages[0].extract_text(), pdf.pages[-1].extract_text()
    assert "(0) \\" in first
    assert f"({40 * 300 - 1}) \\" in last
    assert f"Filas: {40 * 300}" in last


def test_pages_of_a_pdf_are_written_as_they_fill(tmp_path: Path) -> None:
    path = tmp_path / "rows.pdf"
    file = PdfWriter(path, layout())
    sizes = []
    for _ in range(3):
        file.write(batch_of(layout(), [row(f"N{n}") for n in range(2000)]))
        sizes.append(path.stat().st_size)
    file.finish()

    assert sizes == sorted(set(sizes))


def test_a_pdf_has_all_cells_of_a_list_row_by_row(tmp_path: Path) -> None:
    wide = replace(layout(), columns=CUSTOMERS.columns)
    shown = cells(some_people(200), CUSTOMERS.columns)
    file = PdfWriter(tmp_path / "rows.pdf", wide)
    file.write(shown)
    file.finish()

    pages = [page.extract_text() for page in PdfReader(tmp_path / "rows.pdf").pages]
    printed = "".join("".join(pages).split())
    place = 0
    for each in rows_of(shown):
        words = "".join("".join(each).split())
        place = printed.index(words, place) + len(words)


def test_an_id_stands_whole_in_two_lines(tmp_path: Path) -> None:
    narrow = replace(layout(), columns=(NAME, PERSON_ID))
    file = PdfWriter(tmp_path / "rows.pdf", narrow)
    file.write(batch_of(narrow, [["Ana", "01234567-89ab-cdef-0123-456789abcdef"]]))
    file.finish()

    text = PdfReader(tmp_path / "rows.pdf").pages[0].extract_text()
    assert "01234567-89ab-cdef-\n0123-456789abcdef" in text


def test_a_pdf_without_rows_has_its_header(tmp_path: Path) -> None:
    path = write(PdfWriter, tmp_path / "rows.pdf", [])

    (page,) = PdfReader(path).pages
    assert "Filas: 0" in page.extract_text()


@pytest.mark.parametrize("open_file", [CsvWriter, XlsxWriter, PdfWriter])
def test_an_abandoned_file_leaves_nothing_open(tmp_path: Path, open_file: WriterFactory) -> None:
    file = open_file(tmp_path / "rows", layout())
    file.write(batch_of(layout(), [row("Ana")]))
    file.abandon()
    file.abandon()

    del file  # an open file would be a warning here, and warnings are errors
