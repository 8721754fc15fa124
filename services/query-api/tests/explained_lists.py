"""What MongoDB looks at for a page of made people, as it explains it itself."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vinculo.query_api.cursors import Cursor
from vinculo.query_api.lists.catalogue import Sort, sort_by
from vinculo.query_api.lists.filters import FilterParameters, filter_people
from vinculo.query_api.lists.page import page_queries
from vinculo.query_api.lists.planner.planner import Plan, Planner
from vinculo.query_api.lists.planner.statistics import SampleStatistics, sample_people
from vinculo.query_api.person_document.counters import sum_counts
from vinculo.query_api.testing.generators import generate_people
from vinculo.query_api.testing.random_queries import ListRequest

from .served_people import Served, serving
from .test_list_filters import BOGOTA

PEOPLE = list(generate_people(20_000, seed=5))
PAGE = 50
SAMPLED = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """`keys` and `documents` are how many were examined."""

    plan: Plan
    keys: int
    documents: int
    stages: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explaining:
    served: Served
    sample: SampleStatistics

    async def page(self, question: ListRequest, cursor: Cursor | None = None) -> Explained:
        planner = self.planner(question)
        sort = sort_by(question.people_list, question.sort)
        plan = planner.page(sort, limit=PAGE, cursor=cursor)[0]
        return await self.by(plan, sort, cursor)

    async def by(self, plan: Plan, sort: Sort, cursor: Cursor | None = None) -> Explained:
        keys = documents = rows = 0
        stages: set[str] = set()
        people = await self.served.people()
        for each in page_queries(plan, sort, cursor):
            query = people.find(each.match).sort(each.keys)
            if each.index is not None:
                query = query.hint(each.index)
            explained = await query.limit(PAGE + 1 - rows).explain()
            keys += explained["executionStats"]["totalKeysExamined"]
            documents += explained["executionStats"]["totalDocsExamined"]
            rows += explained["executionStats"]["nReturned"]
            stages.update(_stages(explained["queryPlanner"]["winningPlan"]))
            if rows > PAGE:
                break
        return Explained(plan=plan, keys=keys, documents=documents, stages=frozenset(stages))

    def planner(self, question: ListRequest) -> Planner:
        counts = sum_counts([{"counts": {"|".join(map(str, g)): len(rows)}} for g, rows in GROUPS])
        asked = filter_people(
            question.people_list,
            FilterParameters.model_validate(question.filters),
            zone=BOGOTA,
            now=datetime(2026, 11, 1, tzinfo=UTC),
        )
        return Planner(asked, self.sample, counts)


GROUPS = tuple(SampleStatistics(PEOPLE).groups().items())


def _stages(plan: Mapping[str, Any]) -> list[str]:
    below = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return [plan["stage"], *(stage for each in below for stage in _stages(each))]


@asynccontextmanager
async def explaining_people() -> AsyncIterator[Explaining]:
    async with serving(PEOPLE, "pymongo") as each:
        served = each["pymongo"]
        people = await served.people()
        sample = await sample_people(served.mongo, people.name, SAMPLED)
        yield Explaining(served=served, sample=sample)
