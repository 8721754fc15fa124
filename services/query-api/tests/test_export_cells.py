"""Cells are those of the list: local, in words, and no formula where that would be one."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinculo.query_api.exports.writers.csv import FORMULA_STARTS, guarded
from vinculo.query_api.exports.writers.formatting import TEXT, local, uuid_text
from vinculo.query_api.lists.catalogue import (
    ACTIVE_LOANS,
    CREATED,
    CUSTOMER_ID,
    LISTS,
    NAME,
    PERSON_ID,
    STATUS,
    Column,
    ListName,
    to_row,
)
from vinculo.query_api.person_document.schema import NO_ID, NO_INSTANT
from vinculo.query_api.words.codes import KINDS, STATUSES
from vinculo.translation import Language

from .columnar import BOGOTA, cells, rows_of
from .query_service import PAYERS, some_people

SOMEBODY: dict[str, Any] = {"_id": UUID(int=1)}
ZONES = [
    ZoneInfo(name)
    for name in ("America/Bogota", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
]


def cell(document: dict[str, Any], column: Column, language: Language = "es") -> str:
    ((shown,),) = rows_of(cells([{**SOMEBODY, **document}], [column], language=language))
    return shown


def guard(text: str) -> str:
    (guarded_text,) = guarded(pa.array([text], TEXT)).to_pylist()
    return str(guarded_text)


@given(st.text(st.characters(codec="utf-8")))
def test_no_guarded_text_begins_like_a_formula(text: str) -> None:
    assert not guard(text).startswith(FORMULA_STARTS)
    assert guard(text).endswith(text)


@pytest.mark.parametrize(
    "start",
    ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠"],  # noqa: RUF001 - the wide forms
)
def test_what_would_be_a_formula_gets_an_apostrophe(start: str) -> None:
    assert guard(f"{start}1") == f"'{start}1"


@pytest.mark.parametrize("text", ["", "Ana", "1-2", "a=b", "' quoted", " =1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert guard(text) == text


@pytest.mark.parametrize("name", ListName)
@pytest.mark.parametrize("language", ["es", "en"])
def test_every_cell_is_the_lists(name: ListName, language: Language) -> None:
    people, columns = some_people(300, seed=3), LISTS[name].columns

    shown = rows_of(cells(people, columns, language=language, payers=PAYERS))

    assert shown == [
        [
            in_words(column.name, value, language)
            for column, value in zip(columns, each, strict=True)
        ]
        for person in people
        for each in [to_row(person, columns, PAYERS).values()]
    ]


def in_words(name: str, value: Any, language: Language) -> str:
    """A value of a list's row, as a person in Bogotá reads it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(BOGOTA).strftime("%Y-%m-%d %H:%M:%S")
    words = {"status": STATUSES, "kind": KINDS}.get(name, {})
    return words[value].said(language) if value in words else str(value)


@given(
    st.lists(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)), min_size=1),  # noqa: DTZ001 - made UTC below
    st.sampled_from(ZONES),
)
def test_moments_are_what_clocks_showed(moments: list[datetime], zone: ZoneInfo) -> None:
    instants = [moment.replace(tzinfo=UTC) for moment in moments]
    shown = local(pa.array(instants, pa.timestamp("ms", "UTC")).cast(pa.timestamp("ms")), zone)

    assert shown.to_pylist() == [
        instant.astimezone(zone).replace(tzinfo=None, microsecond=0) for instant in instants
    ]


@pytest.mark.parametrize("minute", range(0, 24 * 60, 15))
def test_a_day_that_clocks_are_changed_is_right_by_the_minute(minute: int) -> None:
    zone = ZoneInfo("America/New_York")
    instant = datetime(2026, 3, 8, minute // 60, minute % 60, tzinfo=UTC)
    (shown,) = local(pa.array([instant.replace(tzinfo=None)], pa.timestamp("ms")), zone).to_pylist()

    assert shown == instant.astimezone(zone).replace(tzinfo=None)


@given(st.lists(st.one_of(st.none(), st.uuids()), min_size=1))
def test_ids_are_text(ids: list[UUID | None]) -> None:
    stored = pa.array([None if each is None else each.bytes for each in ids], pa.binary(16))

    expected = [None if each is None or each == NO_ID else str(each) for each in ids]
    assert uuid_text(stored).to_pylist() == expected
    assert uuid_text(stored.slice(1)).to_pylist() == expected[1:]


def test_codes_are_words_of_the_language() -> None:
    assert cell({"status": "enabled"}, STATUS) == "Activo"
    assert cell({"status": "enabled"}, STATUS, "en") == "Enabled"


def test_a_code_without_words_stays_as_it_is() -> None:
    assert cell({"status": "odd"}, STATUS) == "odd"


def test_numbers_stay_numbers() -> None:
    (column,) = cells([{**SOMEBODY, "active_loans": 2}], [ACTIVE_LOANS]).columns

    assert column.to_pylist() == [2]


@pytest.mark.parametrize(
    ("document", "column"),
    [
        ({}, NAME),
        ({"personal": {}}, NAME),
        ({}, CREATED),
        ({"created": NO_INSTANT}, CREATED),
        ({}, CUSTOMER_ID),
        ({"customer_id": NO_ID}, CUSTOMER_ID),
        ({}, ACTIVE_LOANS),
        ({}, STATUS),
        ({"payer_id": NO_ID}, LISTS[ListName.REGISTRATIONS].columns[6]),
    ],
)
def test_nothing_is_an_empty_cell(document: dict[str, Any], column: Column) -> None:
    assert cell(document, column) == ""


def test_the_id_is_there_whatever_else_is_withheld() -> None:
    assert cell({}, PERSON_ID) == "00000000-0000-0000-0000-000000000001"
