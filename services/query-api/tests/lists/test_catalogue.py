"""A column of a list is declared in several places; here they are compared."""

from typing import Any, get_args, get_type_hints

import pytest

from vinculo.query_api.lists.catalogue import LISTS, PAYER, ListName
from vinculo.query_api.lists.http import PAGES
from vinculo.query_api.person_document.indexes import PEOPLE_INDEXES, index_name
from vinculo.query_api.person_document.schema import LIST_COLUMNS, PERSONAL


@pytest.mark.parametrize("name", list(ListName))
def test_the_api_declares_exactly_the_columns_of_a_list_in_their_order(name: ListName) -> None:
    page: Any = PAGES[name]
    (row,) = get_args(get_type_hints(page)["items"])

    assert list(get_type_hints(row)) == [column.name for column in LISTS[name].columns]


@pytest.mark.parametrize("name", list(ListName))
def test_every_column_is_a_stored_field_and_every_sort_field_has_an_index(name: ListName) -> None:
    indexes = {index.document["name"] for index in PEOPLE_INDEXES}
    for column in LISTS[name].columns:
        if column.field not in {PAYER, "_id"}:
            assert column.field.partition(".")[0] in {*LIST_COLUMNS, PERSONAL}, column.name
        if column.sort_field is not None:
            assert index_name(column.sort_field) in indexes, column.name
