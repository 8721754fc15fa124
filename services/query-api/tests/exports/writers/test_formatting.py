"""Cells are those of the list: local times, labels for codes, formulas guarded."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vinculo.query_api.exports.writers.formatting import local_time, uuid_text
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
from vinculo.query_api.texts import TextContext, label
from vinculo.translation import Language

from ...query_service import PAYERS, make_people
from .arrow_rows import BOGOTA, cells, rows_of

PERSON: dict[str, Any] = {"_id": UUID(int=1)}
ZONES = [
    ZoneInfo(name)
    for name in ("America/Bogota", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
]


def cell(document: dict[str, Any], column: Column, language: Language = "es") -> str:
    ((shown,),) = rows_of(cells([{**PERSON, **document}], [column], language=language))
    return shown


@pytest.mark.parametrize("name", ListName)
@pytest.mark.parametrize("language", ["es", "en"])
def test_every_cell_equals_that_of_the_list(name: ListName, language: Language) -> None:
    people, columns = make_people(300, seed=3), LISTS[name].columns

    shown = rows_of(cells(people, columns, language=language, payers=PAYERS))

    assert shown == [
        [
            as_exported(column.name, value, language)
            for column, value in zip(columns, each, strict=True)
        ]
        for person in people
        for each in [to_row(person, columns, PAYERS).values()]
    ]


def as_exported(name: str, value: Any, language: Language) -> str:
    """A value of a list's row, as a file shows it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(BOGOTA).strftime("%Y-%m-%d %H:%M:%S")
    contexts = {"status": TextContext.STATUS, "kind": TextContext.KIND}
    return label(contexts[name], value, language) if name in contexts else str(value)


@given(
    st.lists(st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)), min_size=1),  # noqa: DTZ001 - made UTC below
    st.sampled_from(ZONES),
)
def test_times_are_local(moments: list[datetime], zone: ZoneInfo) -> None:
    instants = [moment.replace(tzinfo=UTC) for moment in moments]
    shown = local_time(pa.array(instants, pa.timestamp("ms", "UTC")).cast(pa.timestamp("ms")), zone)

    assert shown.to_pylist() == [
        instant.astimezone(zone).replace(tzinfo=None, microsecond=0) for instant in instants
    ]


@pytest.mark.parametrize("minute", range(0, 24 * 60, 15))
def test_local_times_are_right_on_days_of_clock_changes(minute: int) -> None:
    zone = ZoneInfo("America/New_York")
    instant = datetime(2026, 3, 8, minute // 60, minute % 60, tzinfo=UTC)
    (shown,) = local_time(
        pa.array([instant.replace(tzinfo=None)], pa.timestamp("ms")), zone
    ).to_pylist()

    assert shown == instant.astimezone(zone).replace(tzinfo=None)


@given(st.lists(st.one_of(st.none(), st.uuids()), min_size=1))
def test_ids_are_text(ids: list[UUID | None]) -> None:
    stored = pa.array([None if each is None else each.bytes for each in ids], pa.binary(16))

    expected = [None if each is None or each == NO_ID else str(each) for each in ids]
    assert uuid_text(stored).to_pylist() == expected
    assert uuid_text(stored.slice(1)).to_pylist() == expected[1:]


def test_codes_are_shown_as_labels_of_the_language() -> None:
    assert cell({"status": "enabled"}, STATUS) == "Activo"
    assert cell({"status": "enabled"}, STATUS, "en") == "Enabled"


def test_a_code_without_a_label_is_unchanged() -> None:
    assert cell({"status": "odd"}, STATUS) == "odd"


def test_numbers_stay_numbers() -> None:
    (column,) = cells([{**PERSON, "active_loans": 2}], [ACTIVE_LOANS]).columns

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
def test_a_missing_value_is_an_empty_cell(document: dict[str, Any], column: Column) -> None:
    assert cell(document, column) == ""


def test_the_id_is_read_for_every_selection_of_columns() -> None:
    assert cell({}, PERSON_ID) == "00000000-0000-0000-0000-000000000001"
