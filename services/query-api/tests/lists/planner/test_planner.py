"""The planner reads in sort order where many people match, else by the most selective index."""

from collections import Counter
from copy import copy
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from vinculo.query_api.cursors import Cursor
from vinculo.query_api.lists.catalogue import (
    CUSTOMERS,
    PRE_CUSTOMERS,
    REGISTRATIONS,
    PeopleList,
    sort_by,
)
from vinculo.query_api.lists.filters import FilterParameters, filter_people
from vinculo.query_api.lists.planner.planner import ListPlan, Plan, plan_list
from vinculo.query_api.lists.planner.statistics import SampleStatistics
from vinculo.query_api.lists.search import Token, any_of
from vinculo.query_api.person_document.indexes import TOKENS_INDEX, index_name
from vinculo.query_api.testing.generators import DAYS, REQUIREMENTS, START, generate_people

from ..test_filters import BOGOTA

SAMPLE = SampleStatistics(list(generate_people(2_000, seed=2)))
PEOPLE_PER_ROW = 500
COUNTS = {group: PEOPLE_PER_ROW * len(rows) for group, rows in SAMPLE.groups().items()}
NAME_TOKENS = Counter(
    t for p in SAMPLE.people for t in p["personal"]["tokens"] if t.startswith("n:")
)
RARE = min(token for token, rows in NAME_TOKENS.items() if rows == 1).removeprefix("n:")
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def day(number: int) -> str:
    return (START.date() + timedelta(days=number)).isoformat()


def planned(
    people_list: PeopleList,
    sort: str | None = None,
    *,
    sample: SampleStatistics = SAMPLE,
    cursor: Cursor | None = None,
    **filters: Any,
) -> ListPlan:
    parameters = FilterParameters.model_validate(filters)
    people_filter = filter_people(people_list, parameters, zone=BOGOTA, now=NOW)
    order = sort_by(people_list, sort)
    return plan_list(people_filter, order, sample, COUNTS, limit=50, cursor=cursor)


def plans(
    people_list: PeopleList, sort: str, *, cursor: Cursor | None = None, **filters: Any
) -> list[Plan]:
    return planned(people_list, sort, cursor=cursor, **filters).pages


def test_a_list_without_conditions_is_read_in_sort_order() -> None:
    (plan,) = plans(CUSTOMERS, "name", status=["enabled"])

    assert plan.index == index_name("personal.name_key")
    assert plan.estimated_rows < 100


def test_a_common_name_is_read_in_sort_order() -> None:
    assert plans(REGISTRATIONS, "-registered_at", q="maria")[0].index == "by_registered_at"


def test_a_rare_name_is_read_by_its_token() -> None:
    best = plans(REGISTRATIONS, "-registered_at", q=RARE)[0]

    assert best.index == TOKENS_INDEX
    assert {"personal.tokens": {"$in": [Token(f"n:{RARE}", is_prefix=True).pattern()]}} in (
        best.match["$and"]
    )


def test_of_several_words_the_rarest_is_read_from_the_index() -> None:
    best = plans(REGISTRATIONS, "-registered_at", q=f"rodriguez {RARE} maria")[0]
    conditions = [c for c in best.match["$and"] if "personal.tokens" in c]

    assert best.index == TOKENS_INDEX
    assert conditions == [
        any_of(
            [
                Token(f"n:{RARE}", is_prefix=True),
                Token(f"n:rodriguez{RARE}", is_prefix=True),
            ]
        )
    ]


def test_a_word_that_is_not_in_the_sample_is_assumed_rare() -> None:
    best = plans(CUSTOMERS, "name", q="xochitl")[0]

    assert best.index == TOKENS_INDEX
    assert best.estimated_rows <= PEOPLE_PER_ROW


def test_a_few_days_are_read_by_date_and_sorted() -> None:
    assert plans(CUSTOMERS, "name", created_from=day(300), created_to=day(300))[0].index == (
        "by_created"
    )


def test_many_days_are_read_in_sort_order() -> None:
    assert plans(CUSTOMERS, "name", created_from=day(100))[0].index == "by_name_key"


def test_matches_at_the_far_end_of_the_order_are_read_by_another_index() -> None:
    recent: dict[str, Any] = {"created_from": day(690)}

    assert plans(REGISTRATIONS, "-number", **recent)[0].index == "by_registration_number"
    assert plans(REGISTRATIONS, "number", **recent)[0].index == "by_registered_at"


def test_bounds_on_creation_limit_the_order_by_modification() -> None:
    best = plans(CUSTOMERS, "modified", created_from=day(400), created_to=day(700))[0]

    assert best.index == "by_modified"
    assert best.estimated_rows < 10_000
    assert {"modified": {"$gte": datetime.fromisoformat(f"{day(400)}T05:00:00Z")}} in (
        best.match["$and"]
    )


def test_bounds_on_modification_limit_the_order_by_creation() -> None:
    best = plans(CUSTOMERS, "-created", modified_from=day(200), modified_to=day(300))[0]

    assert best.index == "by_created"
    assert best.estimated_rows < 10_000


def test_dates_that_exclude_each_other_cost_nothing() -> None:
    best = plans(CUSTOMERS, "name", created_from=day(400), modified_to=day(300))[0]

    assert best.index in {"by_created", "by_modified"}
    assert best.estimated_rows <= PEOPLE_PER_ROW


def test_a_requirement_is_read_by_its_own_index_in_order_of_creation() -> None:
    best = plans(PRE_CUSTOMERS, "-created", blocked_by=REQUIREMENTS[0])[0]

    assert best.index == "by_blocked_by"
    assert best.estimated_rows < 500


def test_behind_a_cursor_only_matches_ahead_count() -> None:
    last = max(SAMPLE.people, key=lambda person: person["registration_number"])
    cursor = Cursor(value=last["registration_number"] - 20, person_id=last["_id"])
    filters: dict[str, Any] = {"created_from": day(0), "created_to": day(600)}

    assert plans(REGISTRATIONS, "number", **filters)[0].estimated_rows < 1_000
    assert (
        plans(REGISTRATIONS, "number", cursor=cursor, **filters)[0].estimated_rows
        <= 20 * PEOPLE_PER_ROW
    )


def test_an_ordered_scan_ends_with_the_period() -> None:
    """No matter how few match in it, or how many are beyond it."""
    filters: dict[str, Any] = {
        "created_from": day(300),
        "created_to": day(300),
        "blocked_by": REQUIREMENTS[0],
    }
    best = plans(REGISTRATIONS, "registered_at", **filters)[0]

    assert best.index == "by_registered_at"
    assert best.estimated_rows <= 2 * len(SAMPLE) * PEOPLE_PER_ROW / DAYS


def test_one_matching_row_of_the_sample_may_be_the_only_match() -> None:
    """Reading on for others would cost more than looking at all who were modified that day."""
    late = SAMPLE.sorted_by("registered_at").rows[-100]
    moment = SAMPLE.people[late]["registered_at"] + timedelta(days=10)
    people = [copy(person) for person in SAMPLE.people]
    for person in people:
        person["modified"] = person["registered_at"]
    people[late]["modified"] = moment
    just_before = UUID(int=people[late]["_id"].int + 1)
    on_that_day: dict[str, Any] = {
        "modified_from": str(moment.date()),
        "modified_to": str(moment.date()),
    }

    best = planned(
        REGISTRATIONS,
        "-person_id",
        sample=SampleStatistics(people),
        cursor=Cursor(value=just_before, person_id=just_before),
        **on_that_day,
    ).pages[0]

    assert best.index == "by_modified"


def test_an_identifier_is_left_to_mongodb() -> None:
    (plan,) = plans(CUSTOMERS, "name", q=str(UUID(int=5)), created_from=day(1))

    assert plan.index is None
    assert planned(CUSTOMERS, q=str(UUID(int=5)), created_from=day(1)).count.index is None


def test_without_statistics_the_sort_order_is_tried_before_mongodb() -> None:
    found = planned(CUSTOMERS, "name", sample=SampleStatistics(()), q="maria").pages

    assert [plan.index for plan in found] == ["by_name_key", None]


def test_an_outdated_sample_does_no_harm() -> None:
    parameters = FilterParameters.model_validate({"q": "maria", "created_from": day(1)})
    people_filter = filter_people(REGISTRATIONS, parameters, zone=BOGOTA, now=NOW)
    order = sort_by(REGISTRATIONS, "name")
    found = plan_list(people_filter, order, SAMPLE, {}, limit=5, cursor=None)

    assert len(found.pages) == 3


def test_people_are_counted_by_the_most_selective_condition() -> None:
    selective = planned(REGISTRATIONS, q="maria", created_from=day(3), created_to=day(3))

    assert selective.count.index == "by_registered_at"
    assert planned(REGISTRATIONS, q=f"maria {RARE}").count.index == TOKENS_INDEX


@pytest.mark.parametrize(("q", "many"), [("mar", True), (RARE, False), ("", True)])
def test_a_lower_bound_is_known_without_counting(q: str, many: bool) -> None:  # noqa: FBT001
    plan = planned(REGISTRATIONS, q=q, created_from=day(10))

    assert (plan.certain_rows > 10_000) is many


def test_every_plan_has_the_whole_filter() -> None:
    filters: dict[str, Any] = {
        "q": "maria o'brien",
        "status": ["pending"],
        "created_from": date(2025, 1, 1),
        "modified_to": date(2026, 1, 1),
        "blocked_by": REQUIREMENTS[0],
    }
    found = plans(PRE_CUSTOMERS, "-created", **filters)

    assert {plan.index for plan in found} == {
        *("by_created", "by_modified", "by_blocked_by", TOKENS_INDEX)
    }
    for plan in found:
        match = str(plan.match)
        assert all(
            word in match for word in ("n:maria", "n:o", "n:brien", "'created'", "'modified'")
        )
        assert REQUIREMENTS[0] in match
