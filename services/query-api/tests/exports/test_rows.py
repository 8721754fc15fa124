"""Cells of a file equal those of the list."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import bson
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions
from hypothesis import given
from hypothesis import strategies as st

from vinculo.query_api.exports.rows import (
    file_columns,
    file_rows,
    path_of,
    read_batch,
    schema_of,
    uuid_text,
)
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
from vinculo.tabular import Kind
from vinculo.translation import Language

from ..query_service import PAYERS, make_people

PERSON: dict[str, Any] = {"_id": UUID(int=1)}
SENT: CodecOptions[dict[str, Any]] = CodecOptions(uuid_representation=UuidRepresentation.STANDARD)


def cells(
    people: Sequence[Mapping[str, Any]],
    columns: Sequence[Column],
    *,
    language: Language = "es",
    payers: Mapping[UUID, str] | None = None,
) -> pa.RecordBatch:
    """The cells of documents that were projected to these columns."""
    sent = b"".join(bson.encode(_read(person, columns), codec_options=SENT) for person in people)
    return file_rows(read_batch(sent, schema_of(columns)), columns, language, payers or {})


def _read(person: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, Any]:
    """The parts of a document that a query for these columns returns."""
    outer = {path_of(column).partition(".")[0] for column in columns} | {"_id"}
    return {name: value for name, value in person.items() if name in outer}


def values_of(batch: pa.RecordBatch) -> list[list[Any]]:
    """The cells row by row."""
    return [list(row) for row in zip(*(c.to_pylist() for c in batch.columns), strict=True)]


def cell(document: dict[str, Any], column: Column, language: Language = "es") -> Any:
    ((shown,),) = values_of(cells([{**PERSON, **document}], [column], language=language))
    return shown


@pytest.mark.parametrize("name", ListName)
@pytest.mark.parametrize("language", ["es", "en"])
def test_every_cell_equals_that_of_the_list(name: ListName, language: Language) -> None:
    people, columns = make_people(300, seed=3), LISTS[name].columns

    shown = values_of(cells(people, columns, language=language, payers=PAYERS))

    assert shown == [
        [
            as_exported(column.name, value, language)
            for column, value in zip(columns, each, strict=True)
        ]
        for person in people
        for each in [to_row(person, columns, PAYERS).values()]
    ]


def as_exported(name: str, value: Any, language: Language) -> Any:
    """A value of a list's row, as a file has it."""
    if value is None or isinstance(value, int | datetime):
        return value
    contexts = {"status": TextContext.STATUS, "kind": TextContext.KIND}
    return label(contexts[name], value, language) if name in contexts else str(value)


@pytest.mark.parametrize("name", ListName)
def test_cells_are_of_the_kinds_of_their_columns(name: ListName) -> None:
    columns = LISTS[name].columns
    kinds = {column.name: column.kind for column in file_columns(columns, "es")}

    shown = cells(make_people(20), columns)

    types = {Kind.INTEGER: pa.int64(), Kind.TIMESTAMP: pa.timestamp("ms", "UTC")}
    assert shown.schema.types == [types.get(kinds[name], pa.string()) for name in kinds]
    assert kinds["person_id"] is Kind.IDENTIFIER
    assert kinds["phone"] is Kind.IDENTIFIER
    assert kinds["name"] is Kind.TEXT


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
    assert cell(document, column) is None


def test_the_id_is_read_for_every_selection_of_columns() -> None:
    assert cell({}, PERSON_ID) == "00000000-0000-0000-0000-000000000001"
