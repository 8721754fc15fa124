"""A plan that takes too long gives way to the next, and the last one to an answer that helps."""

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
from vinculo.testing.fixture_types import MongoUrl

from .query_service import begin_generation, query_service
from .served_people import NO_FILES, VIEWER

SORT = sort_by(CUSTOMERS, "name")


@dataclass
class Slow:
    """A collection in which nothing is found in time by these indexes."""

    slow: frozenset[str]
    asked: list[tuple[str, int]] = field(default_factory=list)

    def find(self, *_: Any, max_time_ms: int) -> "Asked":
        return Asked(self, max_time_ms)


@dataclass
class Asked:
    people: Slow
    longest_ms: int
    index: str = ""

    def sort(self, _: Any) -> "Asked":
        return self

    def limit(self, _: int) -> "Asked":
        return self

    def hint(self, index: str) -> "Asked":
        self.index = index
        return self

    async def to_list(self, _: int) -> list[dict[str, Any]]:
        self.people.asked.append((self.index, self.longest_ms))
        if self.index in self.people.slow:
            raise ExecutionTimeout("operation exceeded time limit", 50)
        return []


async def read(people: Slow, *plans: Plan) -> Page:
    return await read_page(
        cast("Collection", people), plans, SORT, limit=5, cursor=None, fields={"_id": 1}
    )


def plan(index: str, people: float) -> Plan:
    return Plan(index=index, match={}, people=people)


async def test_the_first_plan_gets_some_times_what_it_was_expected_to_take() -> None:
    people = Slow(frozenset())
    await read(people, plan("by_name_key", 100_000), plan("by_tokens", 200_000))

    assert [index for index, _ in people.asked] == ["by_name_key"]
    assert 1_900 <= people.asked[0][1] <= 2_000


async def test_the_second_plan_gets_the_rest_of_the_time() -> None:
    people = Slow(frozenset({"by_name_key"}))
    await read(people, plan("by_name_key", 10), plan("by_tokens", 200))

    assert [index for index, _ in people.asked] == ["by_name_key", "by_tokens"]
    assert sum(longest_ms for _, longest_ms in people.asked) <= MAX_QUERY_MS


async def test_when_no_plan_is_fast_enough_that_is_told() -> None:
    people = Slow(frozenset({"by_name_key", "by_tokens"}))
    with pytest.raises(ExecutionTimeout):
        await read(people, plan("by_name_key", 10), plan("by_tokens", 200), plan("by_created", 300))

    assert len(people.asked) == 2


@pytest_asyncio.fixture
async def client(mongo_url: MongoUrl) -> AsyncIterator[httpx2.AsyncClient]:
    async with query_service(mongo_url("query"), NO_FILES) as (client, mongo):
        await begin_generation(mongo, [])
        yield client


@pytest.mark.servers
@pytest.mark.parametrize(
    ("language", "advice"), [("es", "use más filtros"), ("en", "use more filters")]
)
async def test_whoever_asks_for_too_much_is_advised(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, language: str, advice: str
) -> None:
    async def takes_too_long(*_: Any, **__: Any) -> None:
        raise ExecutionTimeout("operation exceeded time limit", 50)

    monkeypatch.setattr(ListQuery, "answer", takes_too_long)
    headers = VIEWER | {"Accept-Language": language}
    answer = await client.get("/query/v1/customers", headers=headers)

    assert answer.status_code == 503
    assert answer.json()["type"].endswith("query-too-slow")
    assert advice in answer.json()["title"]
