"""Totals come from the counters, or are counted up to a cap."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from vinculo.query_api.lists.catalogue import CUSTOMERS, REGISTRATIONS, sort_by
from vinculo.query_api.lists.filters import FilterParameters, PeopleFilter, filter_people
from vinculo.query_api.lists.planner.planner import plan_list
from vinculo.query_api.lists.query import MAX_COUNTED, MatchTotal, count_matching
from vinculo.query_api.mongo import Collection
from vinculo.query_api.person_document.indexes import TOKENS_INDEX
from vinculo.query_api.person_document.schema import Person

from .planner.test_planner import COUNTS, NOW, RARE, SAMPLE, day
from .test_filters import BOGOTA


@dataclass
class CountedCollection:
    """A collection in which a given number of people match."""

    people: int
    options: list[dict[str, Any]] = field(default_factory=list)

    async def count_documents(self, _: dict[str, Any], **options: Any) -> int:
        self.options.append(options)
        return min(self.people, int(options["limit"]))


def registrations_filter(**filters: Any) -> PeopleFilter:
    parameters = FilterParameters.model_validate(filters)
    return filter_people(REGISTRATIONS, parameters, zone=BOGOTA, now=NOW)


async def total(people: CountedCollection, people_filter: PeopleFilter) -> MatchTotal:
    sort = sort_by(people_filter.people_list, None)
    plan = plan_list(people_filter, sort, SAMPLE, COUNTS, limit=50, cursor=None)
    return await count_matching(cast("Collection[Person]", people), people_filter, COUNTS, plan)


async def test_status_and_loans_are_known_from_the_counters() -> None:
    people = CountedCollection(0)
    blocked = sum(n for group, n in COUNTS.items() if group.status == "blocked")

    assert await total(people, registrations_filter(status=["blocked"])) == MatchTotal(
        people=blocked
    )
    assert people.options == []


async def test_people_are_not_counted_when_the_sample_proves_more_than_the_cap() -> None:
    people = CountedCollection(0)

    assert await total(people, registrations_filter(created_from=day(10))) == MatchTotal(
        people=MAX_COUNTED, is_capped=True
    )
    assert people.options == []


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (7, MatchTotal(people=7)),
        (MAX_COUNTED, MatchTotal(people=MAX_COUNTED)),
        (MAX_COUNTED + 1, MatchTotal(people=MAX_COUNTED, is_capped=True)),
        (500_000, MatchTotal(people=MAX_COUNTED, is_capped=True)),
    ],
)
async def test_other_totals_are_counted_up_to_the_cap(found: int, expected: MatchTotal) -> None:
    people = CountedCollection(found)

    assert await total(people, registrations_filter(q=RARE)) == expected
    assert people.options[0]["limit"] == MAX_COUNTED + 1
    assert people.options[0]["hint"] == TOKENS_INDEX


async def test_an_identifier_is_counted_by_an_index_of_mongodbs_choice() -> None:
    people = CountedCollection(1)
    identifier = str(SAMPLE.people[0]["_id"])
    customers = PeopleFilter(people_list=CUSTOMERS, statuses=CUSTOMERS.statuses, text=identifier)

    assert await total(people, customers) == MatchTotal(people=1)
    assert "hint" not in people.options[0]
