"""What writers of all formats have in common."""

from pathlib import Path

import pytest

from .tables import (
    COLUMNS,
    TITLES,
    WRITERS,
    MakeWriter,
    batch_of,
    csv_writer,
    read_sheet,
    sample_layout,
    sample_row,
    write_file,
    write_rows,
)


def test_a_csv_without_rows_has_its_header(tmp_path: Path) -> None:
    path = write_file(csv_writer, tmp_path / "rows", [])

    assert path.read_text(encoding="utf-8-sig").splitlines() == [
        ";".join(f'"{title}"' for title in TITLES)
    ]


def test_a_workbook_without_rows_has_its_header(tmp_path: Path) -> None:
    path = write_file(WRITERS[1], tmp_path / "rows.xlsx", [])

    assert read_sheet(path) == [list(TITLES)]


@pytest.mark.parametrize("make_writer", WRITERS)
def test_a_discarded_file_is_closed(tmp_path: Path, make_writer: MakeWriter) -> None:
    writer = make_writer(tmp_path / "rows", sample_layout())
    writer.write(batch_of([sample_row("Ana")]))
    writer.discard()
    writer.discard()

    del writer  # an open file would be a warning here, and warnings are errors


@pytest.mark.parametrize("make_writer", WRITERS)
def test_a_finished_file_reports_its_rows(tmp_path: Path, make_writer: MakeWriter) -> None:
    rows = [sample_row(f"N{n}") for n in range(100)]
    report = write_rows(make_writer(tmp_path / "rows", sample_layout()), rows)

    assert report.rows == 100
    assert report.missing_glyphs.total == report.truncated.total == 0


@pytest.mark.parametrize("make_writer", WRITERS)
def test_cells_of_another_type_are_refused(tmp_path: Path, make_writer: MakeWriter) -> None:
    writer = make_writer(tmp_path / "rows", sample_layout())
    batch = batch_of([sample_row("Ana")])

    with pytest.raises(TypeError, match="phone"):
        writer.write(batch.set_column(1, "phone", batch.column(2)))
    with pytest.raises(TypeError, match="4 columns"):
        writer.write(batch_of([sample_row("Ana")[:4]], COLUMNS[:4]))
    writer.discard()
