"""A filter's total is told by the counters, counted up to a cap, or known to be above it."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from vinculo.query_api.lists.catalogue import CUSTOMERS, REGISTRATIONS
from vinculo.query_api.lists.filters import FilterParameters, PeopleFilter, filter_people
from vinculo.query_api.lists.planner.planner import Planner
from vinculo.query_api.lists.query import MAX_COUNTED, Total, count_matching
from vinculo.query_api.mongo import Collection
from vinculo.query_api.person_document.schema import TOKENS_INDEX

from .test_list_filters import BOGOTA
from .test_planning import COUNTS, NOW, RARE, SAMPLE, day


@dataclass
class Counted:
    """A collection in which so many are found."""

    people: int
    options: list[dict[str, Any]] = field(default_factory=list)

    async def count_documents(self, _: dict[str, Any], **options: Any) -> int:
        self.options.append(options)
        return min(self.people, int(options["limit"]))


def asked(**filters: Any) -> PeopleFilter:
    parameters = FilterParameters.model_validate(filters)
    return filter_people(REGISTRATIONS, parameters, zone=BOGOTA, now=NOW)


async def total(people: Counted, people_filter: PeopleFilter) -> Total:
    planner = Planner(people_filter, SAMPLE, COUNTS)
    return await count_matching(cast("Collection", people), people_filter, COUNTS, planner)


async def test_status_and_loans_are_known_from_the_counters() -> None:
    people = Counted(0)
    blocked = sum(n for group, n in COUNTS.items() if group.status == "blocked")

    assert await total(people, asked(status=["blocked"])) == Total(people=blocked)
    assert people.options == []


async def test_what_the_sample_proves_to_be_more_than_the_cap_is_not_counted() -> None:
    people = Counted(0)

    assert await total(people, asked(created_from=day(10))) == Total(
        people=MAX_COUNTED, is_capped=True
    )
    assert people.options == []


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (7, Total(people=7)),
        (MAX_COUNTED, Total(people=MAX_COUNTED)),
        (MAX_COUNTED + 1, Total(people=MAX_COUNTED, is_capped=True)),
        (500_000, Total(people=MAX_COUNTED, is_capped=True)),
    ],
)
async def test_all_else_is_counted_up_to_the_cap(found: int, expected: Total) -> None:
    people = Counted(found)

    assert await total(people, asked(q=RARE)) == expected
    assert people.options[0]["limit"] == MAX_COUNTED + 1
    assert people.options[0]["hint"] == TOKENS_INDEX


async def test_an_identifier_is_counted_as_mongodb_likes() -> None:
    people = Counted(1)
    identifier = str(SAMPLE.people[0]["_id"])
    customers = PeopleFilter(people_list=CUSTOMERS, statuses=CUSTOMERS.statuses, text=identifier)

    assert await total(people, customers) == Total(people=1)
    assert "hint" not in people.options[0]
