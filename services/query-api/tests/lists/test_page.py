"""A plan that overruns its estimate is replaced by the next one, within the time limit."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

import httpx2
import pytest
import pytest_asyncio
from pymongo.errors import ExecutionTimeout

from vinculo.query_api.lists.catalogue import CUSTOMERS, sort_by
from vinculo.query_api.lists.page import Page, read_page
from vinculo.query_api.lists.planner.planner import Plan
from vinculo.query_api.lists.query import ListQuery
from vinculo.query_api.mongo import MAX_QUERY_MS, Collection
from vinculo.query_api.person_document.schema import Person
from vinculo.testing.fixture_types import MongoUrl

from ..query_service import make_generation, query_service
from .served_lists import NO_FILES, VIEWER

SORT = sort_by(CUSTOMERS, "name")


@dataclass
class SlowCollection:
    """Queries by the indexes in `slow` time out."""

    slow: frozenset[str]
    queries: list[tuple[str, int]] = field(default_factory=list)

    def find(self, *_: Any, max_time_ms: int) -> "SlowQuery":
        return SlowQuery(self, max_time_ms)


@dataclass
class SlowQuery:
    people: SlowCollection
    max_time_ms: int
    index: str = ""

    def sort(self, _: Any) -> "SlowQuery":
        return self

    def limit(self, _: int) -> "SlowQuery":
        return self

    def hint(self, index: str) -> "SlowQuery":
        self.index = index
        return self

    async def to_list(self, _: int) -> list[dict[str, Any]]:
        self.people.queries.append((self.index, self.max_time_ms))
        if self.index in self.people.slow:
            raise ExecutionTimeout("operation exceeded time limit", 50)
        return []


async def read(people: SlowCollection, *plans: Plan) -> Page:
    return await read_page(
        cast("Collection[Person]", people), plans, SORT, limit=5, cursor=None, fields={"_id": 1}
    )


def plan(index: str, people: float) -> Plan:
    return Plan(index=index, match={}, estimated_rows=people)


async def test_the_first_plan_gets_a_multiple_of_its_estimated_time() -> None:
    people = SlowCollection(frozenset())
    await read(people, plan("by_name_key", 100_000), plan("by_tokens", 200_000))

    assert [index for index, _ in people.queries] == ["by_name_key"]
    assert 1_900 <= people.queries[0][1] <= 2_000


async def test_the_second_plan_gets_the_rest_of_the_time() -> None:
    people = SlowCollection(frozenset({"by_name_key"}))
    await read(people, plan("by_name_key", 10), plan("by_tokens", 200))

    assert [index for index, _ in people.queries] == ["by_name_key", "by_tokens"]
    assert sum(max_time_ms for _, max_time_ms in people.queries) <= MAX_QUERY_MS


async def test_when_no_plan_is_fast_enough_a_timeout_is_raised() -> None:
    people = SlowCollection(frozenset({"by_name_key", "by_tokens"}))
    with pytest.raises(ExecutionTimeout):
        await read(people, plan("by_name_key", 10), plan("by_tokens", 200), plan("by_created", 300))

    assert len(people.queries) == 2


@pytest_asyncio.fixture
async def client(mongo_url: MongoUrl) -> AsyncIterator[httpx2.AsyncClient]:
    async with query_service(mongo_url("query"), NO_FILES) as (client, mongo):
        await make_generation(mongo, [])
        yield client


@pytest.mark.servers
@pytest.mark.parametrize(
    ("language", "advice"), [("es", "use más filtros"), ("en", "use more filters")]
)
async def test_a_query_that_is_too_slow_is_a_problem_with_advice(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, language: str, advice: str
) -> None:
    async def takes_too_long(*_: Any, **__: Any) -> None:
        raise ExecutionTimeout("operation exceeded time limit", 50)

    monkeypatch.setattr(ListQuery, "execute", takes_too_long)
    headers = {**VIEWER, "Accept-Language": language}
    response = await client.get("/query/v1/customers", headers=headers)

    assert response.status_code == 503
    assert response.json()["type"].endswith("query-too-slow")
    assert advice in response.json()["title"]
