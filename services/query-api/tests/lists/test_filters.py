"""Filters combine, and contradictions are refused."""

import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from vinculo.query_api.filter_errors import FilterInvalid
from vinculo.query_api.lists.catalogue import (
    CUSTOMERS,
    PRE_CUSTOMERS,
    REGISTRATIONS,
    PeopleList,
    sort_by,
)
from vinculo.query_api.lists.filters import FilterParameters, PeopleFilter, filter_people

BOGOTA = ZoneInfo("America/Bogota")
NOW = datetime(2026, 3, 5, 3, tzinfo=UTC)


def filtered(people_list: PeopleList, **parameters: Any) -> PeopleFilter:
    return filter_people(
        people_list, FilterParameters.model_validate(parameters), zone=BOGOTA, now=NOW
    )


def test_every_prefix_value_is_named_even_without_a_filter() -> None:
    match = filtered(CUSTOMERS).match()

    assert match == {
        "kind": {"$in": ["customer"]},
        "status": {"$in": ["enabled", "disabled", "blocked", "pending"]},
        "has_loans": {"$in": [0, 1]},
    }


def test_filters_combine() -> None:
    match = filtered(
        CUSTOMERS, q="gomez", status=["enabled"], active_loans="some", created="today"
    ).match()

    assert match["status"] == {"$in": ["enabled"]}
    assert match["has_loans"] == {"$in": [1]}
    assert [list(condition) for condition in match["$and"]] == [["created"], ["personal.tokens"]]


def test_today_is_a_day_in_the_deployments_time_zone() -> None:
    created = filtered(CUSTOMERS, created="today").created

    assert created.since == datetime(2026, 3, 4, 5, tzinfo=UTC)


def test_registrations_filter_by_registration_date() -> None:
    match = filtered(REGISTRATIONS, created_from=date(2026, 3, 1)).match()

    assert match["$and"] == [{"registered_at": {"$gte": datetime(2026, 3, 1, 5, tzinfo=UTC)}}]


def test_pending_registrations_include_those_not_verified_yet() -> None:
    assert filtered(REGISTRATIONS, status=["pending"]).statuses == (
        "pending_email_verification",
        "pending",
    )
    assert filtered(REGISTRATIONS, status=["pending_email_verification"]).statuses == (
        "pending_email_verification",
    )


@pytest.mark.parametrize(
    ("people_list", "parameters"),
    [
        (PRE_CUSTOMERS, {"status": ["enabled"]}),
        (CUSTOMERS, {"status": ["pending_email_verification"]}),
        (CUSTOMERS, {"created": "today", "created_from": date(2026, 1, 1)}),
        (CUSTOMERS, {"modified_from": date(2026, 2, 1), "modified_to": date(2026, 1, 1)}),
        (CUSTOMERS, {"q": "a b c d e f g h i"}),
    ],
)
def test_contradictions_are_refused(people_list: PeopleList, parameters: dict[str, Any]) -> None:
    with pytest.raises(FilterInvalid):
        filtered(people_list, **parameters)


@pytest.mark.parametrize(
    "parameters",
    [
        {"q": {"$ne": ""}},
        {"status": [{"$ne": ""}]},
        {"status": ["active"]},
        {"created_from": "10000-01-01"},
        {"created_from": "0001-01-01"},
        {"created": "last_century"},
        {"active_loans": "1"},
        {"unknown": "x"},
        {"q": "x" * 201},
    ],
)
def test_invalid_filters_are_refused(parameters: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        filtered(CUSTOMERS, **parameters)


def test_only_status_and_loans_are_answerable_from_counters() -> None:
    assert filtered(CUSTOMERS, status=["enabled"], active_loans="none").is_answerable_from_counters
    assert not filtered(CUSTOMERS, q="gomez").is_answerable_from_counters
    assert not filtered(CUSTOMERS, created="today").is_answerable_from_counters


@pytest.mark.parametrize("people_list", [PRE_CUSTOMERS, CUSTOMERS, REGISTRATIONS])
def test_a_column_sorts_both_ways(people_list: PeopleList) -> None:
    for column in people_list.columns:
        if column.sort_field is None:
            continue
        up, down = sort_by(people_list, column.name), sort_by(people_list, f"-{column.name}")
        assert up.keys() == [(field, -direction) for field, direction in down.keys()]  # noqa: SIM118


@pytest.mark.parametrize("sort", ["personal.tokens", "$where", "--name", "payer.name", "-"])
def test_sorting_by_an_unknown_column_is_refused(sort: str) -> None:
    with pytest.raises(FilterInvalid):
        sort_by(CUSTOMERS, sort)


def test_people_are_filtered_by_the_code_of_a_blocking_requirement() -> None:
    people_filter = filtered(PRE_CUSTOMERS, blocked_by="documents_accepted")

    assert people_filter.match()["$and"] == [{"blocked_by": "documents_accepted"}]
    assert not people_filter.is_answerable_from_counters


def test_people_are_filtered_by_a_concern_about_the_document() -> None:
    people_filter = filtered(CUSTOMERS, concern="disputed")

    assert people_filter.match()["$and"] == [{"concerns": "disputed"}]
    assert not people_filter.is_answerable_from_counters
    with pytest.raises(ValidationError):
        FilterParameters.model_validate({"concern": "lost"})


@pytest.mark.parametrize("code", ["", "$where", "a" * 61, "Documents", "a b"])
def test_an_invalid_requirement_code_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        FilterParameters.model_validate({"blocked_by": code})


def test_no_requirement_blocks_a_customer() -> None:
    with pytest.raises(FilterInvalid) as refused:
        filtered(CUSTOMERS, blocked_by="documents_accepted")

    assert [refusal.code for refusal in refused.value.refusals] == ["not_of_this_list"]


def test_the_pattern_of_search_texts_is_a_portable_expression() -> None:
    pattern = FilterParameters.model_json_schema()["properties"]["q"]["pattern"]

    assert re.fullmatch(pattern, "María Peña")
    assert not re.fullmatch(pattern, "Mar\ufffda")
