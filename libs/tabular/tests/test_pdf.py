"""PDF files, read back."""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pdfua
import pikepdf
import pypdfium2  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from vinculo.tabular import FileReport, PdfWriter, load_fonts, pdf_font

from .font_files import save_font
from .pdf_files import embedded_font, page_texts, structure_of
from .tables import (
    COLUMNS,
    EVERY_KIND,
    FONTS,
    ID,
    MOMENT,
    ROW_OF_EVERY_KIND,
    TEXTS,
    Row,
    batch_of,
    pdf_writer,
    sample_layout,
    sample_row,
    write_file,
    write_rows,
)

NAME = COLUMNS[:1]
CHINESE = "李小龍"


def write_names(path: Path, *names: str, folder: Path | None = None) -> FileReport:
    """A file with one column."""
    fonts = FONTS if folder is None else load_fonts(folder)
    writer = PdfWriter(path, sample_layout(NAME), texts=TEXTS, fonts=fonts)
    return write_rows(writer, [[name] for name in names], NAME)


def test_every_page_of_a_pdf_has_title_selection_and_number(tmp_path: Path) -> None:
    path = write_file(
        pdf_writer, tmp_path / "rows.pdf", [sample_row(f"Núñez {n}") for n in range(150)]
    )

    texts = page_texts(path)
    assert len(texts) > 1
    for number, text in enumerate(texts, 1):
        assert f"Página {number} de" in text
        assert str(len(texts)) in text.splitlines()
        assert "Estado: Activo" in text
        assert "2026-03-04 22:00:00 (America/Bogota)" in text
        assert "Correo electrónico" in text
    written = "\n".join(texts)
    assert all(f"Núñez {n} +57" in written for n in range(150))


def test_cells_of_every_kind_are_printed(tmp_path: Path) -> None:
    rows = [ROW_OF_EVERY_KIND, [None] * len(EVERY_KIND)]
    path = write_file(pdf_writer, tmp_path / "rows.pdf", rows, EVERY_KIND)

    (text,) = page_texts(path)
    assert "Ana 00842822 -2 -1234.50 2026-03-04 2026-03-04\n22:00:07\nsí\n" in text


def test_a_long_name_is_wrapped_completely(tmp_path: Path) -> None:
    name = "María de los Ángeles Rodríguez de la Hoz y Ñáñez Peñaranda del Castillo " * 2
    path = write_file(pdf_writer, tmp_path / "rows.pdf", [sample_row(name), sample_row("W" * 150)])

    (text,) = page_texts(path)
    assert " ".join(name.split()) in " ".join(text.split())
    assert "W" * 150 in "".join(text.split())


@settings(max_examples=60)
@given(
    st.lists(
        st.text(st.sampled_from("aWñ.,-@ Дệ"), max_size=150).map(str.strip), min_size=1, max_size=9
    )
)
def test_any_text_is_printed_completely(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    path = tmp_path_factory.mktemp("any") / "rows.pdf"
    report = write_names(path, *names)

    printed = "".join("".join(PdfReader(path).pages[0].extract_text().split()).split())
    assert "".join("".join(names).split()) in printed
    assert report.truncated.total == 0


@pytest.mark.parametrize(
    "name", ["Дмитрий", "Nguyễn Thị Hường", "Κώστας Ἀριστοτέλης", "Ősz Ślą", "Ǆ ẞ ŉ", "€ № …"]
)
def test_letters_of_latin_greek_and_cyrillic_are_printed(tmp_path: Path, name: str) -> None:
    report = write_names(tmp_path / "rows.pdf", name, unicodedata.normalize("NFD", name))

    (text,) = page_texts(tmp_path / "rows.pdf")
    assert text.count(unicodedata.normalize("NFC", name)) == 2
    assert report.missing_glyphs.total == 0
    assert report.fonts == ["Noto Sans"]


def test_letters_without_a_glyph_are_squares_and_their_rows_are_reported(tmp_path: Path) -> None:
    names = ["Ana", CHINESE, "Luz", "Ana 😀 Gómez", *["Luz"] * 40, f"{CHINESE} " * 9]
    report = write_names(tmp_path / "rows.pdf", *names)

    text = "".join(page_texts(tmp_path / "rows.pdf"))
    assert "□□□\nLuz\nAna □ Gómez" in text
    assert text.count("□") == 3 + 1 + 27
    assert (report.missing_glyphs.total, report.missing_glyphs.first) == (3, [2, 4, 45])
    assert report.fonts == ["Noto Sans"]


def test_a_square_in_a_text_is_no_missing_letter(tmp_path: Path) -> None:
    assert write_names(tmp_path / "rows.pdf", "□").missing_glyphs.total == 0


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("boxes.ttf", {}),
        ("boxes.otf", {"postscript": True}),
        ("boxes.TTC", {"collection": 2}),
    ],
)
def test_letters_of_a_font_in_the_folder_are_printed(
    tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    (tmp_path / "fonts").mkdir()
    save_font(tmp_path / "fonts" / name, CHINESE, **options)
    (tmp_path / "fonts" / "LICENSE").write_text("no font")
    report = write_names(tmp_path / "rows.pdf", f"Ana {CHINESE}", folder=tmp_path / "fonts")

    (text,) = page_texts(tmp_path / "rows.pdf")
    assert f"Ana {CHINESE}" in text
    assert report.missing_glyphs.total == 0
    assert report.fonts == ["Noto Sans", "Boxes"]
    font = embedded_font(tmp_path / "rows.pdf")
    boxes = [name for name in font.getGlyphOrder() if font["hmtx"][name] == (1000, 98)]
    heights = [round(height * 1000 / 2048) for height in (200, 300, 400)]
    assert sorted(font["glyf"][name].yMax for name in boxes) == heights


def test_a_printed_letter_has_ink(tmp_path: Path) -> None:
    write_names(tmp_path / "with.pdf", "Ж")
    write_names(tmp_path / "without.pdf", " ")

    with_ink, without = (darkness(tmp_path / name) for name in ("with.pdf", "without.pdf"))
    assert with_ink - without > 100


def darkness(path: Path) -> int:
    """The number of dark pixels of the first page."""
    image = pypdfium2.PdfDocument(path)[0].render(scale=4, grayscale=True).to_numpy()
    return int((image < 128).sum())


@pytest.mark.parametrize("ignored", ["\u200d", "\u00ad", "\ufe0f", "\ufeff", "\u2066"])
def test_letters_that_are_not_seen_are_left_out(tmp_path: Path, ignored: str) -> None:
    report = write_names(tmp_path / "rows.pdf", f"An{ignored}a {ignored} Luz")

    assert "Ana  Luz" in page_texts(tmp_path / "rows.pdf")[0]
    assert report.missing_glyphs.total == 0


@pytest.mark.parametrize("space", ["\n", "\t", "\u2003", "\0"])
def test_line_ends_and_other_spaces_are_spaces(tmp_path: Path, space: str) -> None:
    report = write_names(tmp_path / "rows.pdf", f"Ana{space}Gómez")

    assert "Ana Gómez" in page_texts(tmp_path / "rows.pdf")[0]
    assert report.missing_glyphs.total == 0


def test_the_font_has_only_the_glyphs_that_are_used(tmp_path: Path) -> None:
    write_names(tmp_path / "rows.pdf", *["Ana"] * 1000)

    font = embedded_font(tmp_path / "rows.pdf")
    assert font["maxp"].numGlyphs < 60
    assert (tmp_path / "rows.pdf").stat().st_size < 100_000


def test_more_letters_than_can_be_numbered_are_squares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf_font, "MAX_GLYPHS", 60)
    letters = "".join(map(chr, range(ord("Б"), ord("ё"))))
    report = write_names(tmp_path / "rows.pdf", letters[:20], letters)

    assert report.missing_glyphs.first == [2]
    assert letters[:20] in page_texts(tmp_path / "rows.pdf")[0]
    assert embedded_font(tmp_path / "rows.pdf")["maxp"].numGlyphs == 61


def test_a_text_of_too_many_lines_is_cut_and_its_row_is_reported(tmp_path: Path) -> None:
    columns = [*NAME] * 8
    rows = [["Ana"] * 8, ["W" * 5000] + ["Ana"] * 7, ["Luz"] * 8]
    writer = PdfWriter(tmp_path / "rows.pdf", sample_layout(columns), texts=TEXTS, fonts=FONTS)
    report = write_rows(writer, rows, columns)

    assert (report.truncated.total, report.truncated.first) == (1, [2])
    (text,) = page_texts(tmp_path / "rows.pdf")
    assert text.count("…") == 1
    assert text.count("Luz") == 8


def test_a_pdf_of_any_length_is_valid(tmp_path: Path) -> None:
    path = write_file(
        pdf_writer, tmp_path / "rows.pdf", [sample_row(f"({n}) \\") for n in range(40 * 300)]
    )

    pdf = PdfReader(path, strict=True)
    assert len(pdf.pages) > 256
    assert pdf.metadata is not None
    assert pdf.metadata.title == "Clientes"
    first, last = pdf.pages[0].extract_text(), pdf.pages[-1].extract_text()
    assert "(0) \\" in first
    assert f"({40 * 300 - 1}) \\" in last
    assert f"Filas: {40 * 300}" in last
    with pikepdf.open(path) as checked:
        assert not checked.check_pdf_syntax()
        assert len(checked.pages) == len(pdf.pages)


def test_pages_of_a_pdf_are_written_as_they_fill(tmp_path: Path) -> None:
    path = tmp_path / "rows.pdf"
    writer = pdf_writer(path, sample_layout())
    sizes = []
    for _ in range(3):
        writer.write(batch_of([sample_row(f"N{n}") for n in range(2000)]))
        sizes.append(path.stat().st_size)
    writer.finish()

    assert sizes == sorted(set(sizes))


def test_a_pdf_has_all_cells_row_by_row(tmp_path: Path) -> None:
    rows: list[Row] = [
        [
            f"Núñez {n}",
            f"+57300{n}",
            n,
            MOMENT,
            f"n{n}@mail.example",
            f"{n:08}-89ab-cdef-0123-{n:012}",
        ]
        for n in range(200)
    ]
    write_file(pdf_writer, tmp_path / "rows.pdf", rows, (*COLUMNS, ID))

    printed = "".join("".join(page_texts(tmp_path / "rows.pdf")).split())
    position = 0
    for name, phone, loans, _, email, id_ in rows:
        words = "".join(f"{name}{phone}{loans}2026-03-0422:00:07{email}{id_}".split())
        position = printed.index(words, position) + len(words)


def test_an_id_is_complete_on_two_lines(tmp_path: Path) -> None:
    row = ["Ana", "01234567-89ab-cdef-0123-456789abcdef"]
    write_file(pdf_writer, tmp_path / "rows.pdf", [row], (COLUMNS[0], ID))

    text = page_texts(tmp_path / "rows.pdf")[0]
    assert "01234567-89ab-cdef-\n0123-456789abcdef" in text


def test_an_identifier_of_another_form_is_wrapped_too(tmp_path: Path) -> None:
    row = ["Ana", "0123456789" * 12]
    write_file(pdf_writer, tmp_path / "rows.pdf", [row], (*COLUMNS[:1] * 4, ID)[-2:])

    assert row[1] in "".join(page_texts(tmp_path / "rows.pdf")[0].split())


def test_a_pdf_without_rows_has_its_header(tmp_path: Path) -> None:
    path = write_file(pdf_writer, tmp_path / "rows.pdf", [])

    (text,) = page_texts(path)
    assert "Filas: 0" in text
    assert [cell.tag for cell in structure_of(path).find("TH")] == ["TH"] * len(COLUMNS)
    assert pdfua.validate(str(path)).findings == ()


@pytest.mark.parametrize("rows", [1, 3, 60, 400])
def test_a_pdf_is_tagged_as_pdf_ua_requires(tmp_path: Path, rows: int) -> None:
    path = write_file(pdf_writer, tmp_path / "rows.pdf", sample_rows(rows))

    assert pdfua.validate(str(path)).findings == ()
    tree = structure_of(path)
    assert [child.tag for child in tree.children] == ["H1", "P", "P", "Table", "P"]
    (table,) = tree.find("Table")
    head, *bodies = table.children
    assert head.tag == "THead"
    assert len(bodies) == len(page_texts(path))
    assert {body.tag for body in bodies} == {"TBody"}
    assert [str(cell.attributes["/Scope"]) for cell in head.find("TH")] == ["/Column"] * 5
    cells = [[cell.tag for cell in row.children] for body in bodies for row in body.children]
    assert cells == [["TD"] * len(COLUMNS)] * rows


def sample_rows(number: int) -> Sequence[Row]:
    """Some have a cell of many lines."""
    return [sample_row(f"N{n} " + "largo " * (40 if n % 7 == 0 else 1)) for n in range(number)]


def test_rows_beyond_the_number_of_cells_are_one_cell_per_page(tmp_path: Path) -> None:
    layout = sample_layout()
    path = tmp_path / "rows.pdf"
    writer = PdfWriter(path, layout, texts=TEXTS, fonts=FONTS, max_cell_object=500)
    write_rows(writer, sample_rows(400))

    assert pdfua.validate(str(path)).findings == ()
    (table,) = structure_of(path).find("Table")
    _, *bodies = table.children
    assert len(bodies) == len(page_texts(path))
    with_cells = [body for body in bodies if len(body.children[0].children) > 1]
    assert bodies[: len(with_cells)] == with_cells
    for body in bodies[len(with_cells) :]:
        ((cell,),) = (row.children for row in body.children)
        assert int(cell.attributes["/ColSpan"]) == len(COLUMNS)
    names = re.findall(r"N(\d+) largo", "".join(page_texts(path)))
    assert names == [str(n) for n in range(400)]


def test_the_metadata_name_title_language_and_conformance(tmp_path: Path) -> None:
    path = write_file(pdf_writer, tmp_path / "rows.pdf", [])

    with pikepdf.open(path) as pdf, pdf.open_metadata() as metadata:
        assert metadata["dc:title"] == "Clientes"
        assert metadata["pdfuaid:part"] == "1"
        assert metadata["xmp:CreateDate"] == "2026-03-05T03:00:00Z"
        assert str(pdf.Root.Lang) == "es"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
