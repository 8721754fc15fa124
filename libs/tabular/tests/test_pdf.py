"""PDF files, read back."""

from pathlib import Path

from pypdf import PdfReader

from .tables import (
    COLUMNS,
    ID,
    MOMENT,
    Row,
    batch_of,
    pdf_writer,
    sample_layout,
    sample_row,
    write_file,
)


def test_every_page_of_a_pdf_has_title_selection_and_number(tmp_path: Path) -> None:
    path = write_file(
        pdf_writer, tmp_path / "rows.pdf", [sample_row(f"Núñez {n}") for n in range(150)]
    )

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


def test_a_long_name_is_wrapped_completely(tmp_path: Path) -> None:
    name = "María de los Ángeles Rodríguez de la Hoz y Ñáñez Peñaranda del Castillo " * 2
    path = write_file(pdf_writer, tmp_path / "rows.pdf", [sample_row(name), sample_row("W" * 150)])

    text = PdfReader(path).pages[0].extract_text()
    assert " ".join(name.split()) in " ".join(text.split())
    assert "W" * 150 in "".join(text.split())


def test_letters_that_the_font_lacks_lose_their_accents(tmp_path: Path) -> None:
    path = write_file(pdf_writer, tmp_path / "rows.pdf", [sample_row("Ősz Ślą 漢 😀")])

    assert "Osz Sla ? ?" in PdfReader(path).pages[0].extract_text()


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

    pages = [page.extract_text() for page in PdfReader(tmp_path / "rows.pdf").pages]
    printed = "".join("".join(pages).split())
    position = 0
    for name, phone, loans, _, email, id_ in rows:
        words = "".join(f"{name}{phone}{loans}2026-03-0422:00:07{email}{id_}".split())
        position = printed.index(words, position) + len(words)


def test_an_id_is_complete_on_two_lines(tmp_path: Path) -> None:
    row = ["Ana", "01234567-89ab-cdef-0123-456789abcdef"]
    write_file(pdf_writer, tmp_path / "rows.pdf", [row], (COLUMNS[0], ID))

    text = PdfReader(tmp_path / "rows.pdf").pages[0].extract_text()
    assert "01234567-89ab-cdef-\n0123-456789abcdef" in text


def test_a_pdf_without_rows_has_its_header(tmp_path: Path) -> None:
    path = write_file(pdf_writer, tmp_path / "rows.pdf", [])

    (page,) = PdfReader(path).pages
    assert "Filas: 0" in page.extract_text()
