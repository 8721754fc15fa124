"""Filters and sort orders are described in sentences."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from vinculo.contracts.customer_registry import Status
from vinculo.query_api.exports.manifest import audit_facts, describe_filter, describe_sort
from vinculo.query_api.lists.catalogue import CUSTOMERS, REGISTRATIONS
from vinculo.query_api.lists.filters import FilterParameters
from vinculo.query_api.periods import Preset

from .export_jobs import export_spec

BOGOTA = ZoneInfo("America/Bogota")
EVERY_FILTER: dict[str, Any] = {
    "q": "gómez",
    "status": (Status.ENABLED,),
    "active_loans": "some",
    "created": Preset.LAST_7_DAYS,
    "created_from": date(2026, 1, 1),
    "created_to": date(2026, 1, 31),
    "modified": Preset.LAST_MONTH,
    "modified_from": date(2026, 1, 1),
    "modified_to": date(2026, 1, 31),
    "blocked_by": "documents",
    "concern": "disputed",
}


def sentences(language: str = "es", **filters: Any) -> list[str]:
    return describe_filter(
        CUSTOMERS,
        FilterParameters(**filters),
        zone=BOGOTA,
        requested_at=datetime(2026, 3, 5, 3, tzinfo=UTC),
        language="en" if language == "en" else "es",
    )


def test_the_absence_of_filters_is_stated() -> None:
    assert sentences() == ["Sin filtros"]
    assert sentences("en") == ["No filters"]


@pytest.mark.parametrize("name", FilterParameters.model_fields)
def test_each_filter_has_its_own_sentence(name: str) -> None:
    (sentence,) = sentences(**{name: EVERY_FILTER[name]})

    assert sentence != "Sin filtros"
    assert not sentence.startswith(name)


def test_a_period_is_described_with_its_local_dates() -> None:
    assert sentences(created=Preset.LAST_7_DAYS) == [
        "Fecha de creación: últimos 7 días (2026-02-26 – 2026-03-04)"  # noqa: RUF001 - a dash
    ]


def test_several_filters_are_described_together() -> None:
    assert sentences(
        "en",
        q="ana",
        status=(Status.ENABLED, Status.BLOCKED),
        active_loans="none",
        created_from=date(2026, 1, 1),
        created_to=date(2026, 1, 31),
    ) == [
        "Search: «ana»",
        "Status: Enabled, Blocked",
        "Active loans: none",
        "Date created: from 2026-01-01 to 2026-01-31",
    ]


def test_a_sort_order_is_described_by_the_columns_label() -> None:
    assert describe_sort(REGISTRATIONS, "-registered_at", "es") == (
        "Orden: Fecha de registro (descendente)"
    )


def test_the_audit_log_does_not_have_the_search_text() -> None:
    spec = export_spec(parameters={"q": "gomez", "status": ["enabled"]})

    assert "gomez" not in str(audit_facts(spec))
    assert audit_facts(spec)["searched"] is True
    assert audit_facts(spec)["filters"] == {"status": ["enabled"]}
