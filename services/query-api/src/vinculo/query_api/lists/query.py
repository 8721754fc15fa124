"""Executes a list query: its page, its totals, and how fresh they are."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from vinculo.contracts.customer_registry import Kind
from vinculo.query_api.cursors import Cursor, PaginationSnapshot
from vinculo.query_api.lists.catalogue import Sort, projected_fields
from vinculo.query_api.lists.filters import PeopleFilter
from vinculo.query_api.lists.page import Page, read_page
from vinculo.query_api.lists.planner.planner import ListPlan, plan_list
from vinculo.query_api.lists.planner.statistics import StatisticsCache
from vinculo.query_api.mongo import MAX_QUERY_MS, Collection, Expression
from vinculo.query_api.person_document.counters import CounterDocument, GroupCounts, sum_counts
from vinculo.query_api.person_document.schema import Person
from vinculo.query_api.read_model import Collections, Freshness, ReadModel

MAX_COUNTED: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchTotal:
    """The number of matching people; when capped, there are more than `people`."""

    people: int
    is_capped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListResult:
    collections: Collections
    counts: GroupCounts
    freshness: Freshness
    page: Page
    total: MatchTotal


class ListQuery:
    """Queries are aborted after `timeout_seconds`."""

    def __init__(
        self, read_model: ReadModel, statistics: StatisticsCache, *, timeout_seconds: float = 5.0
    ) -> None:
        self._read_model = read_model
        self._statistics = statistics
        self._timeout_ms = int(timeout_seconds * 1000)

    async def execute(
        self,
        people_filter: PeopleFilter,
        sort: Sort,
        *,
        limit: int,
        cursor: Cursor | None,
        started_at: datetime,
    ) -> ListResult:
        """The page after the cursor, or the first page.

        `started_at` is when the first page was requested; cursors pass it on with its total.

        Raises:
            pymongo.errors.ExecutionTimeout: the query takes too long.

        """
        collections = await self._read_model.collections()
        counts, freshness = await asyncio.gather(
            read_counts(collections.counters), self._read_model.freshness(collections)
        )
        sample = await self._statistics.of(collections.people, sum(counts.values()))
        plan = plan_list(people_filter, sort, sample, counts, limit=limit, cursor=cursor)
        page, total = await asyncio.gather(
            read_page(
                collections.people,
                plan.pages,
                sort,
                limit=limit,
                cursor=cursor,
                fields=projected_fields(people_filter.people_list.columns, sort.field),
                timeout_ms=self._timeout_ms,
            ),
            self._total(cursor, collections, people_filter, counts, plan),
        )
        snapshot = PaginationSnapshot(
            started_at=started_at, people=total.people, is_capped=total.is_capped
        )
        return ListResult(
            collections=collections,
            counts=counts,
            freshness=freshness,
            page=replace(
                page,
                previous=_with(page.previous, snapshot),
                following=_with(page.following, snapshot),
            ),
            total=total,
        )

    async def _total(
        self,
        cursor: Cursor | None,
        collections: Collections,
        people_filter: PeopleFilter,
        counts: GroupCounts,
        plan: ListPlan,
    ) -> MatchTotal:
        """The total of the first page, unless the counters have the current one."""
        snapshot = None if cursor is None else cursor.snapshot
        if snapshot is not None and not people_filter.is_answerable_from_counters:
            return MatchTotal(people=snapshot.people, is_capped=snapshot.is_capped)
        return await count_matching(
            collections.people, people_filter, counts, plan, timeout_ms=self._timeout_ms
        )


def _with(cursor: Cursor | None, snapshot: PaginationSnapshot) -> Cursor | None:
    return None if cursor is None else replace(cursor, snapshot=snapshot)


async def read_counts(counters: Collection[CounterDocument]) -> GroupCounts:
    """People by kind, status and loans flag."""
    return sum_counts(await counters.find({"counts": {"$exists": True}}).to_list(None))


def total_to_date(counts: GroupCounts, kinds: tuple[Kind, ...]) -> int:
    """All people of these kinds."""
    return sum(people for group, people in counts.items() if group.kind in kinds)


def totals_by_status(counts: GroupCounts) -> dict[str, dict[str, int]]:
    """People by kind and status."""
    totals: dict[str, dict[str, int]] = {}
    for group, people in counts.items():
        statuses = totals.setdefault(group.kind, {})
        statuses[group.status] = statuses.get(group.status, 0) + people
    return totals


async def count_matching(
    people: Collection[Person],
    people_filter: PeopleFilter,
    counts: GroupCounts,
    plan: ListPlan | None = None,
    *,
    timeout_ms: int = MAX_QUERY_MS,
) -> MatchTotal:
    """The filter's total: exact when the counters have it, else counted up to the cap.

    With a plan, people are counted by the index that it names, and not at all when there are
    certainly more than the cap.
    """
    if people_filter.is_answerable_from_counters:
        matching = (n for group, n in counts.items() if people_filter.matches_group(group))
        return MatchTotal(people=sum(matching))
    if plan is not None and plan.certain_rows > MAX_COUNTED:
        return MatchTotal(people=MAX_COUNTED, is_capped=True)
    hint = {} if plan is None or plan.count.index is None else {"hint": plan.count.index}
    options: Expression = {"limit": MAX_COUNTED + 1, "maxTimeMS": timeout_ms, **hint}
    match = people_filter.match() if plan is None else plan.count.match
    found = await people.count_documents(match, **options)
    return MatchTotal(people=min(found, MAX_COUNTED), is_capped=found > MAX_COUNTED)
