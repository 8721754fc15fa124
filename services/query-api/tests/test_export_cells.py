"""No cell of an exported file begins like a formula, whatever people wrote."""

import csv
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinculo.query_api.exports.cells import FORMULA_STARTS, cell_text, guarded
from vinculo.query_api.exports.csv_file import CsvFile
from vinculo.query_api.lists.catalogue import EMAIL, NAME

BOGOTA = ZoneInfo("America/Bogota")


@given(st.text())
def test_no_text_begins_like_a_formula(text: str) -> None:
    assert not guarded(text).startswith(FORMULA_STARTS)
    assert guarded(text).endswith(text)


def test_moments_are_local() -> None:
    assert cell_text(datetime(2026, 3, 5, 3, tzinfo=UTC), BOGOTA) == "2026-03-04 22:00:00"
    assert cell_text(datetime(2026, 3, 5, 3), BOGOTA) == "2026-03-04 22:00:00"  # noqa: DTZ001


def test_nothing_is_an_empty_cell() -> None:
    assert cell_text(None, BOGOTA) == ""


@pytest.mark.parametrize(("locale", "delimiter"), [("es", ";"), ("en", ",")])
def test_a_file_reads_back_as_written(tmp_path: Path, locale: str, delimiter: str) -> None:
    path = tmp_path / "rows.csv"
    rows: list[dict[str, object]] = [
        {"name": 'Ana "La" Ñ; x,y', "email": "a@b.co"},
        {"name": "=1+1", "email": None},
    ]
    with CsvFile(path, [NAME, EMAIL], locale=locale, zone=BOGOTA) as file:
        file.write(rows)
        size, digest = file.close()

    with path.open(encoding="utf-8-sig", newline="") as written:
        read = list(csv.reader(written, delimiter=delimiter))
    assert read[1:] == [['Ana "La" Ñ; x,y', "a@b.co"], ["'=1+1", ""]]
    assert read[0][0] == ("Nombre" if locale == "es" else "Name")
    assert size == path.stat().st_size
    assert len(digest) == 64
