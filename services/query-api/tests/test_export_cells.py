"""Cells are local, in words, and never begin like a formula where that would be one."""

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinculo.query_api.exports.cells import FORMULA_STARTS, cell_text, guarded, row_cells
from vinculo.query_api.lists.catalogue import ACTIVE_LOANS, CREATED, PERSON_ID, STATUS

BOGOTA = ZoneInfo("America/Bogota")


@given(st.text())
def test_no_guarded_text_begins_like_a_formula(text: str) -> None:
    assert not guarded(text).startswith(FORMULA_STARTS)
    assert guarded(text).endswith(text)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])  # noqa: RUF001 - the wide forms
def test_what_would_be_a_formula_gets_an_apostrophe(start: str) -> None:
    assert guarded(f"{start}1") == f"'{start}1"


@pytest.mark.parametrize("text", ["", "Ana", "1-2", "a=b", "' quoted", " =1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 3, 5, 3, tzinfo=UTC),
        datetime(2026, 3, 5, 3),  # noqa: DTZ001 - as a driver gives it that is told nothing of zones
    ],
)
def test_moments_are_local(moment: datetime) -> None:
    (cell,) = row_cells({"created": moment}, [CREATED], zone=BOGOTA, language="es")

    assert cell_text(cell) == "2026-03-04 22:00:00"


def test_codes_are_words_of_the_language() -> None:
    def status(language: str) -> object:
        return row_cells(
            {"status": "enabled"},
            [STATUS],
            zone=BOGOTA,
            language="en" if language == "en" else "es",
        )

    assert status("es") == ["Activo"]
    assert status("en") == ["Enabled"]


def test_numbers_stay_numbers_and_ids_become_text() -> None:
    row = {"active_loans": 2, "person_id": UUID(int=1)}
    cells = row_cells(row, [ACTIVE_LOANS, PERSON_ID], zone=BOGOTA, language="es")

    assert cells == [2, "00000000-0000-0000-0000-000000000001"]


def test_nothing_is_an_empty_cell() -> None:
    assert cell_text(None) == ""
