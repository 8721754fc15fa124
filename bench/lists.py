"""P4 and P5: pages of lists, whatever is filtered, sorted and searched, and at any depth."""

import random
import time
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from rich.progress import track

from vinculo.query_api.lists.answering import Lists
from vinculo.query_api.lists.cursor import Cursor
from vinculo.query_api.lists.expectations import Counts
from vinculo.query_api.lists.filters import FilterParameters, PeopleFilter, filter_people
from vinculo.query_api.lists.pages import queries, read_page, with_position
from vinculo.query_api.lists.planning import Plan, Planner
from vinculo.query_api.lists.rows import shown_fields
from vinculo.query_api.lists.sample import Sample, value_of
from vinculo.query_api.lists.sampling import Samples
from vinculo.query_api.lists.sorting import Sort, sort_by
from vinculo.query_api.lists.totals import read_counts
from vinculo.query_api.mongo import Mongo, connect
from vinculo.query_api.read_model import Collections, ReadModel, utc_now
from vinculo.query_api.testing.many_people import happens
from vinculo.query_api.testing.questions import Asker, Question

from .findings import Finding, percentile
from .people import projected
from .stage import Stage

PAGE = 50
WARMING_UP = 40
MOST_RATIO = 3.0
MOST_KEYS_PER_ROW = 4
LEAST_TIMES_FASTER = 10.0
PEOPLE_ASKED_ABOUT = 3_000
LONGEST_MS = 120_000
NOW = datetime.now(UTC)
ZONE = ZoneInfo("America/Bogota")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question in the service's own terms, and where in its answer one stands."""

    people_filter: PeopleFilter
    sort: Sort
    cursor: Cursor | None = None

    @classmethod
    def first_page(cls, question: Question) -> "Asked":
        parameters = FilterParameters.model_validate(question.filters)
        return cls(
            people_filter=filter_people(question.people_list, parameters, zone=ZONE, now=NOW),
            sort=sort_by(question.people_list, question.sort),
        )


class Asking:
    """Asks the lists as the API does, and MongoDB without them."""

    def __init__(
        self, lists: Lists, collections: Collections, sample: Sample, counts: Counts
    ) -> None:
        self._lists = lists
        self.collections = collections
        self._sample = sample
        self._counts = counts

    @classmethod
    async def about(cls, mongo: Mongo) -> "Asking":
        read_model, samples = ReadModel(mongo.database, utc_now), Samples(mongo)
        collections = await read_model.collections()
        counts = await read_counts(collections.counters)
        sample = await samples.of(collections.people, sum(counts.values()))
        return cls(Lists(read_model, samples), collections, sample, counts)

    async def answered(self, asked: Asked) -> None:
        """With all that an answer needs: page, totals, freshness."""
        await self._lists.answer(
            asked.people_filter, asked.sort, limit=PAGE, cursor=asked.cursor, begun_at=NOW
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
        match = with_position(asked.people_filter.match(), asked.sort, asked.cursor)
        query = self.collections.people.find(match, _fields(asked), max_time_ms=LONGEST_MS)
        found = await query.sort(asked.sort.keys()).limit(PAGE + 1).to_list(PAGE + 1)
        return [document["_id"] for document in found[:PAGE]]

    async def keys_examined(self, asked: Asked) -> int:
        keys = rows = 0
        for each in queries(self._plans(asked)[0], asked.sort, asked.cursor):
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
        return planner.page(asked.sort, limit=PAGE, cursor=asked.cursor)


async def measure(stage: Stage) -> list[Finding]:
    """P4 and P5, over the same people."""
    population = await projected(stage, stage.sizes.people)
    mongo = connect(population.settings.mongo_url)
    try:
        people = (await ReadModel(mongo.database, utc_now).collections()).people.name
        some = await mongo.aggregate(
            people,
            [{"$sample": {"size": PEOPLE_ASKED_ABOUT}}, {"$match": {"kind": {"$exists": 1}}}],
        )
        asker = Asker(
            chance=random.Random(4),  # noqa: S311 - the same questions in every run
            people=some,
            first_day=min(person["registered_at"] for person in some).date(),
            today=datetime.now(UTC).date(),
            requirements=sorted({code for person in some for code in person["blocked_by"]}),
        )
        asking = await Asking.about(mongo)
        numbers = range(stage.sizes.asked)
        anything = [_anywhere(asker.question(searching=0), asker) for _ in numbers]
        status = [_anywhere(_status_alone(asker), asker) for _ in numbers]
        searches = [
            Asked.first_page(asker.question(searching=0.7)) for _ in range(stage.sizes.searches)
        ]
        return [
            await _pages(stage, asking, "P4", anything),
            await _pages(stage, asking, "P4, status", status),
            await _searches(stage, asking, searches),
        ]
    finally:
        await mongo.close()


def _status_alone(asker: Asker) -> Question:
    question = asker.question(searching=0)
    return replace(question, filters=asker.status_and_loans(question.people_list))


def _anywhere(question: Question, asker: Asker) -> Asked:
    """On the first page, or beside anyone of the list."""
    asked = Asked.first_page(question)
    kinds = question.people_list.kinds
    person = asker.chance.choice([each for each in asker.people if each["kind"] in kinds])
    cursor = Cursor(
        value=value_of(person, asked.sort.field),
        person_id=person["_id"],
        backward=happens(asker.chance, 0.5),
    )
    return asked if happens(asker.chance, 0.25) else replace(asked, cursor=cursor)


async def _pages(stage: Stage, asking: Asking, row: str, questions: Sequence[Asked]) -> Finding:
    """A first page without filters and a page in question take turns."""
    first_pages: list[float] = []
    times: list[float] = []
    for number, asked in enumerate(_shown(stage, row, questions)):
        plain = Asked.first_page(
            Question(
                list_name=asked.people_filter.people_list.name,
                sort=asked.people_filter.people_list.default_sort,
            )
        )
        baseline = await _timed(asking.answered(plain))
        measured = await _timed(asking.answered(asked))
        if number >= WARMING_UP:
            first_pages.append(baseline)
            times.append(measured)
    keys = [await asking.keys_examined(asked) for asked in questions]
    within = sum(each <= MOST_KEYS_PER_ROW * PAGE for each in keys) / len(keys)
    ratio = percentile(times, 99) / percentile(first_pages, 99)
    return Finding(
        id=row,
        what=f"page of {PAGE} of {stage.sizes.people:,} people, random status and loans"
        f"{'' if 'status' in row else ', dates, requirement'}, any sort, any depth, with its "
        f"totals; {within * 100:.0f} % of them examine at most {MOST_KEYS_PER_ROW} keys per row, "
        f"p99 {percentile(keys, 99):,.0f} keys",
        against="first page of the same lists without any filter, in turns",
        measured=f"{_milliseconds(times)} against {_milliseconds(first_pages)}",
        ratio=f"{ratio:.1f} times at p99",
        goal=f"≤ {MOST_RATIO:.0f} times",
        met=ratio <= MOST_RATIO,
    )


async def _searches(stage: Stage, asking: Asking, questions: Sequence[Asked]) -> Finding:
    """Both answer each question in turn, sometimes one first, sometimes the other."""
    ours: list[float] = []
    theirs: list[float] = []
    different = 0
    for number, asked in enumerate(_shown(stage, "P5", questions)):
        found: dict[bool, list[UUID]] = {}
        for planned in (number % 2 == 0, number % 2 == 1):
            find = asking.planned if planned else asking.left_to_mongodb
            begun = time.perf_counter()
            found[planned] = await find(asked)
            (ours if planned else theirs).append((time.perf_counter() - begun) * 1000)
        different += found[True] != found[False]
    ratio, at_p99 = (percentile(theirs, p) / percentile(ours, p) for p in (95, 99))
    return Finding(
        id="P5",
        what=f"{len(questions)} first pages of random searches, filters and sorts over "
        f"{stage.sizes.people:,} people, planned by the service; "
        f"{different or 'no'} pages differ",
        against="the same with the plan left to MongoDB, with the same indexes",
        measured=f"{_milliseconds(ours)} against {_milliseconds(theirs)}",
        ratio=f"{ratio:.1f} times at p95, {at_p99:.1f} at p99",
        goal=f"≥ {LEAST_TIMES_FASTER:.0f} times, same pages",
        met=ratio >= LEAST_TIMES_FASTER and not different,
    )


def _shown(stage: Stage, row: str, questions: Sequence[Asked]) -> Iterable[Asked]:
    return track(questions, description=row, console=stage.console, transient=True)


async def _timed(asked: Awaitable[None]) -> float:
    """Milliseconds."""
    begun = time.perf_counter()
    await asked
    return (time.perf_counter() - begun) * 1000


def _milliseconds(times: Sequence[float]) -> str:
    told = ", ".join(f"p{place} {percentile(times, place):,.1f}" for place in (50, 95, 99))
    return f"{told} ms"


def _fields(asked: Asked) -> dict[str, int]:
    return shown_fields(asked.people_filter.people_list.columns, asked.sort.field)
