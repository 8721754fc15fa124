"""Compares pages with reference results, which are found by checking person by person."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from bench.lists.query_runner import NOW, PAGE, ZONE, BenchQuery, QueryRunner
from vinculo.query_api.person_document.schema import Person
from vinculo.query_api.testing.random_queries import ListRequest
from vinculo.query_api.testing.reference_lists import reference_list

MAX_PAGES = 3
CHUNK_PEOPLE = 10_000


@dataclass(slots=True)
class ReferencePages:
    """The people of the first pages of a request in order, and the number of all who match it."""

    request: ListRequest
    people: list[Person] = field(default_factory=list)
    total: int = 0

    def add(self, people: Sequence[Person]) -> None:
        """Check these people, too."""
        matching = self._in_order(people)
        self.total += len(matching)
        self.people = self._in_order([*self.people, *matching[: MAX_PAGES * PAGE]])
        del self.people[MAX_PAGES * PAGE :]

    def _in_order(self, people: Sequence[Person]) -> list[Person]:
        today = NOW.astimezone(ZONE).date()
        return reference_list(people, self.request, zone=ZONE, today=today)


async def people_in_chunks(runner: QueryRunner) -> AsyncIterator[list[Person]]:
    """All people of the lists, a chunk at a time: a million at once would fill the memory."""
    cursor = runner.collections.people.find({"kind": {"$exists": True}}, batch_size=CHUNK_PEOPLE)
    while chunk := await cursor.to_list(CHUNK_PEOPLE):
        yield chunk


async def equals_reference(runner: QueryRunner, expected: ReferencePages) -> bool:
    """Whether the first pages have the right people, in order, and the right total."""
    ids = [person["_id"] for person in expected.people]
    query = BenchQuery.first_page(expected.request)
    seen: list[UUID] = []
    for _ in range(MAX_PAGES):
        listed = await runner.execute(query)
        seen += [document["_id"] for document in listed.page.documents]
        is_counted = listed.total.is_capped or listed.total.people == expected.total
        if not is_counted or seen != ids[: len(seen)]:
            return False
        if listed.page.following is None:
            return len(seen) == expected.total
        query = replace(query, cursor=listed.page.following)
    return len(seen) == MAX_PAGES * PAGE
