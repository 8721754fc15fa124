"""Runs requests for lists as the API does, and by MongoDB's own plans."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import cast
from uuid import UUID
from zoneinfo import ZoneInfo

from bench.people import Population
from vinculo.events import utc_now
from vinculo.query_api.cursors import Cursor, PaginationSnapshot
from vinculo.query_api.lists.catalogue import Sort, projected_fields, sort_by
from vinculo.query_api.lists.filters import FilterParameters, PeopleFilter, filter_people
from vinculo.query_api.lists.page import keyset_filter, page_queries, read_page
from vinculo.query_api.lists.planner.planner import Plan, plan_list
from vinculo.query_api.lists.planner.statistics import SampleStatistics, StatisticsCache
from vinculo.query_api.lists.query import ListQuery, ListResult, read_counts
from vinculo.query_api.mongo import Document, Mongo, connect
from vinculo.query_api.person_document.counters import GroupCounts
from vinculo.query_api.person_document.schema import Person, sort_value
from vinculo.query_api.read_model import Collections, ReadModel
from vinculo.query_api.testing.generators import happens
from vinculo.query_api.testing.random_queries import ListRequest, RandomQueries
from vinculo.query_api.testing.reference_lists import reference_list

PAGE = 50
PEOPLE_IN_REQUESTS = 3_000
UNPLANNED_TIMEOUT_MS = 30_000
"""The time limit of queries by MongoDB's own plans."""
NOW = datetime.now(UTC)
ZONE = ZoneInfo("America/Bogota")


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchQuery:
    """A request in the service's own terms, with the cursor of its page."""

    people_filter: PeopleFilter
    sort: Sort
    cursor: Cursor | None = None

    @classmethod
    def first_page(cls, request: ListRequest) -> "BenchQuery":
        parameters = FilterParameters.model_validate(request.filters)
        return cls(
            people_filter=filter_people(request.people_list, parameters, zone=ZONE, now=NOW),
            sort=sort_by(request.people_list, request.sort),
        )


class QueryRunner:
    def __init__(
        self,
        lists: ListQuery,
        collections: Collections,
        sample: SampleStatistics,
        counts: GroupCounts,
    ) -> None:
        self._lists = lists
        self.collections = collections
        self._sample = sample
        self._counts = counts

    @classmethod
    async def over(cls, mongo: Mongo) -> "QueryRunner":
        """A runner over the active generation of the read model."""
        read_model, samples = ReadModel(mongo.database, utc_now), StatisticsCache(mongo)
        collections = await read_model.collections()
        counts = await read_counts(collections.counters)
        sample = await samples.of(collections.people, sum(counts.values()))
        return cls(ListQuery(read_model, samples), collections, sample, counts)

    async def execute(self, query: BenchQuery) -> ListResult:
        """The whole response of the API: page, totals, freshness."""
        return await self._lists.execute(
            query.people_filter, query.sort, limit=PAGE, cursor=query.cursor, started_at=NOW
        )

    async def find_planned(self, query: BenchQuery) -> list[UUID]:
        """The ids of the page, by the service's plans."""
        page = await read_page(
            self.collections.people,
            self._plans(query),
            query.sort,
            limit=PAGE,
            cursor=query.cursor,
            fields=_fields(query),
        )
        return [document["_id"] for document in page.documents]

    async def find_unplanned(self, query: BenchQuery) -> list[UUID]:
        """The ids of the page, by a plan of MongoDB's choice."""
        match = keyset_filter(query.people_filter.match(), query.sort, query.cursor)
        people = self.collections.people
        found = people.find(match, _fields(query), max_time_ms=UNPLANNED_TIMEOUT_MS)
        documents = await found.sort(query.sort.keys()).limit(PAGE + 1).to_list(PAGE + 1)
        return [document["_id"] for document in documents[:PAGE]]

    async def examined_keys(self, query: BenchQuery) -> int:
        """The number of index keys that MongoDB examines for the page."""
        keys = rows = 0
        for each in page_queries(self._plans(query)[0], query.sort, query.cursor):
            found = self.collections.people.find(each.match).sort(each.keys)
            if each.index is not None:
                found = found.hint(each.index)
            explained = cast("Document", await found.limit(PAGE + 1 - rows).explain())
            keys += int(explained["executionStats"]["totalKeysExamined"])
            rows += int(explained["executionStats"]["nReturned"])
            if rows > PAGE:
                break
        return keys

    def _plans(self, query: BenchQuery) -> list[Plan]:
        plan = plan_list(
            query.people_filter,
            query.sort,
            self._sample,
            self._counts,
            limit=PAGE,
            cursor=query.cursor,
        )
        return plan.pages


@asynccontextmanager
async def query_runner(
    population: Population,
) -> AsyncIterator[tuple[QueryRunner, RandomQueries]]:
    """A runner over these people, and requests about them, the same in every run."""
    mongo = connect(population.settings.mongo_url)
    try:
        people = (await ReadModel(mongo.database, utc_now).collections()).people.name
        some = await mongo.aggregate(
            people,
            Person,
            [{"$sample": {"size": PEOPLE_IN_REQUESTS}}, {"$match": {"kind": {"$exists": 1}}}],
        )
        queries = RandomQueries(
            chance=random.Random(4),  # noqa: S311 - the same requests in every run
            people=some,
            first_day=min(person["registered_at"] for person in some).date(),
            today=NOW.astimezone(ZONE).date(),
            requirements=sorted({code for person in some for code in person["blocked_by"]}),
        )
        yield await QueryRunner.over(mongo), queries
    finally:
        await mongo.close()


def only_status_and_loans(queries: RandomQueries) -> ListRequest:
    request = queries.next_request(searching=0)
    return replace(request, filters=queries.status_and_loans(request.people_list))


def at_random_depth(request: ListRequest, queries: RandomQueries) -> BenchQuery:
    """The first page, or one at a random person of the list, with the total of the first page."""
    query = BenchQuery.first_page(request)
    listed = reference_list(queries.people, request, zone=ZONE, today=queries.today)
    if not listed or happens(queries.chance, 0.25):
        return query
    person = queries.chance.choice(listed)
    cursor = Cursor(
        value=sort_value(person, query.sort.field),
        person_id=person["_id"],
        backward=happens(queries.chance, 0.5),
        snapshot=PaginationSnapshot(started_at=NOW, people=len(listed), is_capped=False),
    )
    return replace(query, cursor=cursor)


def _fields(query: BenchQuery) -> dict[str, int]:
    return projected_fields(query.people_filter.people_list.columns, query.sort.field)
