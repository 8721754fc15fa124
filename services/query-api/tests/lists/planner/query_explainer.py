"""The numbers of keys and documents that MongoDB examines for a page, by its `explain`."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from vinculo.query_api.cursors import Cursor
from vinculo.query_api.lists.catalogue import Sort, sort_by
from vinculo.query_api.lists.filters import FilterParameters, filter_people
from vinculo.query_api.lists.page import page_queries
from vinculo.query_api.lists.planner.planner import ListPlan, Plan, plan_list
from vinculo.query_api.lists.planner.statistics import SampleStatistics
from vinculo.query_api.mongo import Document
from vinculo.query_api.person_document.counters import sum_counts
from vinculo.query_api.testing.generators import generate_people
from vinculo.query_api.testing.random_queries import ListRequest

from ..served_lists import ServedLists, serve_lists
from ..test_filters import BOGOTA

PEOPLE = list(generate_people(20_000, seed=5))
PAGE = 50
SAMPLE = SampleStatistics(random.Random(7).sample(PEOPLE, 2_000))  # noqa: S311 - repeatable
"""Another sample in each run would now and then have another plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedPage:
    """`keys` and `documents` are the numbers of examined ones."""

    plan: Plan
    keys: int
    documents: int
    stages: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryExplainer:
    served: ServedLists
    sample: SampleStatistics

    async def page(self, list_request: ListRequest, cursor: Cursor | None = None) -> ExplainedPage:
        sort = sort_by(list_request.people_list, list_request.sort)
        plan = self.plan(list_request, cursor).pages[0]
        return await self.explain(plan, sort, cursor)

    async def explain(self, plan: Plan, sort: Sort, cursor: Cursor | None = None) -> ExplainedPage:
        keys = documents = rows = 0
        stages: set[str] = set()
        people = await self.served.people()
        for query in page_queries(plan, sort, cursor):
            found = people.find(query.match).sort(query.keys)
            if query.index is not None:
                found = found.hint(query.index)
            explained = cast("Document", await found.limit(PAGE + 1 - rows).explain())
            keys += explained["executionStats"]["totalKeysExamined"]
            documents += explained["executionStats"]["totalDocsExamined"]
            rows += explained["executionStats"]["nReturned"]
            stages.update(_stages(explained["queryPlanner"]["winningPlan"]))
            if rows > PAGE:
                break
        return ExplainedPage(plan=plan, keys=keys, documents=documents, stages=frozenset(stages))

    def plan(self, list_request: ListRequest, cursor: Cursor | None = None) -> ListPlan:
        counts = sum_counts(
            [{"_id": 0, "counts": {"|".join(map(str, g)): len(rows)}} for g, rows in GROUPS]
        )
        people_filter = filter_people(
            list_request.people_list,
            FilterParameters.model_validate(list_request.filters),
            zone=BOGOTA,
            now=datetime(2026, 11, 1, tzinfo=UTC),
        )
        sort = sort_by(list_request.people_list, list_request.sort)
        return plan_list(people_filter, sort, self.sample, counts, limit=PAGE, cursor=cursor)


GROUPS = tuple(SampleStatistics(PEOPLE).groups().items())


def _stages(plan: Mapping[str, Any]) -> list[str]:
    inputs = [plan["inputStage"]] if "inputStage" in plan else plan.get("inputStages", [])
    return [plan["stage"], *(stage for each in inputs for stage in _stages(each))]


@asynccontextmanager
async def explain_lists() -> AsyncIterator[QueryExplainer]:
    async with serve_lists(PEOPLE, "pymongo") as each:
        served = each["pymongo"]
        yield QueryExplainer(served=served, sample=SAMPLE)
