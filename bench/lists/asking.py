"""Questions put to the lists as the API puts them, and to MongoDB without a plan."""

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from bench.people import Population
from vinculo.events import utc_now
from vinculo.query_api.cursors import Cursor, PaginationSnapshot
from vinculo.query_api.lists.catalogue import Sort, projected_fields, sort_by
from vinculo.query_api.lists.filters import FilterParameters, PeopleFilter, filter_people
from vinculo.query_api.lists.page import keyset_filter, page_queries, read_page
from vinculo.query_api.lists.planner.planner import Plan, Planner
from vinculo.query_api.lists.planner.statistics import SampleStatistics, StatisticsCache, value_of
from vinculo.query_api.lists.query import ListQuery, ListResult, read_counts
from vinculo.query_api.mongo import Mongo, connect
from vinculo.query_api.person_document.counters import GroupCounts
from vinculo.query_api.read_model import Collections, ReadModel
from vinculo.query_api.testing.generators import happens
from vinculo.query_api.testing.random_queries import ListRequest, RandomQueries
from vinculo.query_api.testing.reference_lists import reference_list

PAGE = 50
PEOPLE_ASKED_ABOUT = 3_000
LONGEST_MS = 30_000
"""What is left to MongoDB may take."""
NOW = datetime.now(UTC)
ZONE = ZoneInfo("America/Bogota")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question in the service's own terms, and where in its answer one stands."""

    people_filter: PeopleFilter
    sort: Sort
    cursor: Cursor | None = None

    @classmethod
    def first_page(cls, question: ListRequest) -> "Asked":
        parameters = FilterParameters.model_validate(question.filters)
        return cls(
            people_filter=filter_people(question.people_list, parameters, zone=ZONE, now=NOW),
            sort=sort_by(question.people_list, question.sort),
        )


class Asking:
    """Asks the lists as the API does, and MongoDB without them."""

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
    async def about(cls, mongo: Mongo) -> "Asking":
        read_model, samples = ReadModel(mongo.database, utc_now), StatisticsCache(mongo)
        collections = await read_model.collections()
        counts = await read_counts(collections.counters)
        sample = await samples.of(collections.people, sum(counts.values()))
        return cls(ListQuery(read_model, samples), collections, sample, counts)

    async def answered(self, asked: Asked) -> ListResult:
        """With all that an answer needs: page, totals, freshness."""
        return await self._lists.execute(
            asked.people_filter, asked.sort, limit=PAGE, cursor=asked.cursor, started_at=NOW
        )

    async def planned(self, asked: Asked) -> list[UUID]:
        page = await read_page(
            self.collections.people,
            self._plans(asked),
            asked.sort,
            limit=PAGE,
            cursor=asked.cursor,
            fields=_fields(asked),
        )
        return [document["_id"] for document in page.documents]

    async def left_to_mongodb(self, asked: Asked) -> list[UUID]:
        match = keyset_filter(asked.people_filter.match(), asked.sort, asked.cursor)
        query = self.collections.people.find(match, _fields(asked), max_time_ms=LONGEST_MS)
        found = await query.sort(asked.sort.keys()).limit(PAGE + 1).to_list(PAGE + 1)
        return [document["_id"] for document in found[:PAGE]]

    async def keys_examined(self, asked: Asked) -> int:
        keys = rows = 0
        for each in page_queries(self._plans(asked)[0], asked.sort, asked.cursor):
            query = self.collections.people.find(each.match).sort(each.keys)
            if each.index is not None:
                query = query.hint(each.index)
            explained = await query.limit(PAGE + 1 - rows).explain()
            keys += int(explained["executionStats"]["totalKeysExamined"])
            rows += int(explained["executionStats"]["nReturned"])
            if rows > PAGE:
                break
        return keys

    def _plans(self, asked: Asked) -> list[Plan]:
        planner = Planner(asked.people_filter, self._sample, self._counts)
        return planner.page_plans(asked.sort, limit=PAGE, cursor=asked.cursor)


@asynccontextmanager
async def asking_about(population: Population) -> AsyncIterator[tuple[Asking, RandomQueries]]:
    """Who answers about these people, and who asks; the questions are the same in every run."""
    mongo = connect(population.settings.mongo_url)
    try:
        people = (await ReadModel(mongo.database, utc_now).collections()).people.name
        some = await mongo.aggregate(
            people,
            [{"$sample": {"size": PEOPLE_ASKED_ABOUT}}, {"$match": {"kind": {"$exists": 1}}}],
        )
        asker = RandomQueries(
            chance=random.Random(4),  # noqa: S311 - the same questions in every run
            people=some,
            first_day=min(person["registered_at"] for person in some).date(),
            today=NOW.astimezone(ZONE).date(),
            requirements=sorted({code for person in some for code in person["blocked_by"]}),
        )
        yield await Asking.about(mongo), asker
    finally:
        await mongo.close()


def status_alone(asker: RandomQueries) -> ListRequest:
    question = asker.next_request(searching=0)
    return replace(question, filters=asker.status_and_loans(question.people_list))


def anywhere(question: ListRequest, asker: RandomQueries) -> Asked:
    """On the first page, or beside anyone whom the list shows, with the total that the first told.

    No other cursors are handed out.
    """
    asked = Asked.first_page(question)
    shown = reference_list(asker.people, question, zone=ZONE, today=asker.today)
    if not shown or happens(asker.chance, 0.25):
        return asked
    person = asker.chance.choice(shown)
    cursor = Cursor(
        value=value_of(person, asked.sort.field),
        person_id=person["_id"],
        backward=happens(asker.chance, 0.5),
        snapshot=PaginationSnapshot(started_at=NOW, people=len(shown), is_capped=False),
    )
    return replace(asked, cursor=cursor)


def _fields(asked: Asked) -> dict[str, int]:
    return projected_fields(asked.people_filter.people_list.columns, asked.sort.field)
