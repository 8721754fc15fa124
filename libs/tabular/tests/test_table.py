"""What writers of all formats have in common."""

import csv
from pathlib import Path

import openpyxl
import pytest

from vinculo.tabular import XlsxWriter

from .tables import (
    TITLES,
    WRITERS,
    MakeWriter,
    batch_of,
    csv_writer,
    sample_layout,
    sample_row,
    write_file,
)


@pytest.mark.parametrize("make_writer", [csv_writer, XlsxWriter])
def test_a_table_without_rows_has_its_header(tmp_path: Path, make_writer: MakeWriter) -> None:
    path = write_file(make_writer, tmp_path / "rows", [])

    if make_writer is csv_writer:
        written = path.read_text(encoding="utf-8-sig")
        assert list(csv.reader([written], delimiter=";")) == [list(TITLES)]
    else:
        with path.open("rb") as file:
            (sheet,) = openpyxl.load_workbook(file)
        assert list(sheet.iter_rows(values_only=True)) == [TITLES]


@pytest.mark.parametrize("make_writer", WRITERS)
def test_a_discarded_file_is_closed(tmp_path: Path, make_writer: MakeWriter) -> None:
    writer = make_writer(tmp_path / "rows", sample_layout())
    writer.write(batch_of(sample_layout(), [sample_row("Ana")]))
    writer.discard()
    writer.discard()

    del writer  # an open file would be a warning here, and warnings are errors
