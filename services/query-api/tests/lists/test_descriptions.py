"""The description of a list agrees with its catalogue, in both languages."""

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from vinculo.query_api.lists.catalogue import LISTS, ColumnType, ListName, sort_by
from vinculo.query_api.lists.descriptions import describe

BOGOTA = ZoneInfo("America/Bogota")
SUNDAY = date(2026, 3, 1)


@pytest.mark.parametrize("name", list(ListName))
def test_every_sortable_column_is_accepted_as_sort(name: ListName) -> None:
    described = describe(LISTS[name], "es", today=SUNDAY, zone=BOGOTA)

    for column in described["columns"]:
        if column["sortable"]:
            assert sort_by(LISTS[name], column["name"]).name == column["name"]
    assert sort_by(LISTS[name], None).name == described["default_sort"]


def test_labels_are_in_the_language_of_the_request() -> None:
    labels = {
        language: [
            column["label"]
            for column in describe(LISTS[ListName.CUSTOMERS], language, today=SUNDAY, zone=BOGOTA)[
                "columns"
            ]
        ][:3]
        for language in ("es", "en")
    }

    assert labels == {
        "es": ["Nombre", "ID de cliente", "Estado"],
        "en": ["Name", "Customer ID", "Status"],
    }


def test_presets_have_local_dates_and_weeks_begin_on_monday() -> None:
    described = describe(LISTS[ListName.CUSTOMERS], "en", today=SUNDAY, zone=BOGOTA)

    presets = {
        each["code"].value: (each["date_from"], each["date_to"]) for each in described["presets"]
    }
    assert presets["this_week"] == (date(2026, 2, 23), SUNDAY)
    assert described["time_zone"] == "America/Bogota"


def test_columns_with_instants_say_so() -> None:
    described = describe(LISTS[ListName.REGISTRATIONS], "es", today=SUNDAY, zone=BOGOTA)

    types = {column["name"]: column["type"] for column in described["columns"]}
    assert types["registered_at"] is ColumnType.INSTANT
    assert types["number"] is ColumnType.NUMBER


def test_only_lists_with_pre_customers_are_filtered_by_a_requirement() -> None:
    filters = {
        name: describe(people_list, "es", today=SUNDAY, zone=BOGOTA)["has_blocked_by"]
        for name, people_list in LISTS.items()
    }

    assert filters == {
        ListName.PRE_CUSTOMERS: True,
        ListName.CUSTOMERS: False,
        ListName.REGISTRATIONS: True,
    }
