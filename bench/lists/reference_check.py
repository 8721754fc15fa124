"""Compares pages with reference results, which are found by checking person by person."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from bench.lists.query_runner import NOW, PAGE, ZONE, BenchQuery, QueryRunner
from vinculo.query_api.person_document.schema import Person
from vinculo.query_api.testing.random_queries import ListRequest
from vinculo.query_api.testing.reference_lists import reference_list

MAX_PAGES = 3


async def all_people(runner: QueryRunner) -> list[Person]:
    return await runner.collections.people.find({"kind": {"$exists": True}}).to_list(None)


async def equals_reference(
    runner: QueryRunner, request: ListRequest, people: Sequence[Person]
) -> bool:
    """Whether the first pages have the right people, in order, and the right total."""
    today = NOW.astimezone(ZONE).date()
    found = reference_list(people, request, zone=ZONE, today=today)
    expected = [person["_id"] for person in found]
    query = BenchQuery.first_page(request)
    seen: list[UUID] = []
    for _ in range(MAX_PAGES):
        listed = await runner.execute(query)
        seen += [document["_id"] for document in listed.page.documents]
        is_counted = listed.total.is_capped or listed.total.people == len(expected)
        if not is_counted or seen != expected[: len(seen)]:
            return False
        if listed.page.following is None:
            return seen == expected
        query = replace(query, cursor=listed.page.following)
    return len(seen) == MAX_PAGES * PAGE
