"""A list answered: its page, how many fit, and how fresh that is."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from vinculo.contracts.customer_registry import Kind
from vinculo.query_api.cursors import Cursor, PaginationSnapshot
from vinculo.query_api.lists.catalogue import Sort, projected_fields
from vinculo.query_api.lists.filters import PeopleFilter
from vinculo.query_api.lists.page import Page, read_page
from vinculo.query_api.lists.planner.planner import Planner
from vinculo.query_api.lists.planner.statistics import StatisticsCache
from vinculo.query_api.mongo import MAX_QUERY_MS, Collection
from vinculo.query_api.person_document.counters import GroupCounts, sum_counts
from vinculo.query_api.read_model import Collections, Freshness, ReadModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    people: int
    is_capped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ListResult:
    collections: Collections
    counts: GroupCounts
    freshness: Freshness
    page: Page
    total: Total


class ListQuery:
    """What takes longer than `longest_seconds` is given up."""

    def __init__(
        self, read_model: ReadModel, samples: StatisticsCache, *, longest_seconds: float = 5.0
    ) -> None:
        self._read_model = read_model
        self._samples = samples
        self._longest_ms = int(longest_seconds * 1000)

    async def answer(
        self,
        people_filter: PeopleFilter,
        sort: Sort,
        *,
        limit: int,
        cursor: Cursor | None,
        begun_at: datetime,
    ) -> ListResult:
        """Raises pymongo.errors.ExecutionTimeout for what cannot be found in time.

        `begun_at` is when the first page was asked for; cursors hand it on with its total.
        """
        collections = await self._read_model.collections()
        counts, freshness = await asyncio.gather(
            read_counts(collections.counters), self._read_model.freshness(collections)
        )
        sample = await self._samples.of(collections.people, sum(counts.values()))
        planner = Planner(people_filter, sample, counts)
        page, total = await asyncio.gather(
            read_page(
                collections.people,
                planner.page(sort, limit=limit, cursor=cursor),
                sort,
                limit=limit,
                cursor=cursor,
                fields=projected_fields(people_filter.people_list.columns, sort.field),
                longest_ms=self._longest_ms,
            ),
            self._total(cursor, collections, people_filter, counts, planner),
        )
        walk = PaginationSnapshot(begun_at=begun_at, people=total.people, is_capped=total.is_capped)
        return ListResult(
            collections=collections,
            counts=counts,
            freshness=freshness,
            page=replace(
                page, previous=_with(page.previous, walk), following=_with(page.following, walk)
            ),
            total=total,
        )

    async def _total(
        self,
        cursor: Cursor | None,
        collections: Collections,
        people_filter: PeopleFilter,
        counts: GroupCounts,
        planner: Planner,
    ) -> Total:
        """As the first page told it, unless the counters know."""
        if cursor is not None and cursor.walk is not None and not people_filter.counted:
            return Total(people=cursor.walk.people, is_capped=cursor.walk.is_capped)
        return await count_matching(
            collections.people, people_filter, counts, planner, longest_ms=self._longest_ms
        )


def _with(cursor: Cursor | None, walk: PaginationSnapshot) -> Cursor | None:
    return None if cursor is None else replace(cursor, walk=walk)


MAX_COUNTED: Final = 10_000


async def read_counts(counters: Collection) -> GroupCounts:
    """People by kind, status and loans flag."""
    return sum_counts(await counters.find({"counts": {"$exists": True}}).to_list(None))


def total_to_date(counts: GroupCounts, kinds: tuple[Kind, ...]) -> int:
    return sum(people for group, people in counts.items() if group.kind in kinds)


def totals_by_status(counts: GroupCounts) -> dict[str, dict[str, int]]:
    """People by kind and status."""
    totals: dict[str, dict[str, int]] = {}
    for group, people in counts.items():
        statuses = totals.setdefault(group.kind, {})
        statuses[group.status] = statuses.get(group.status, 0) + people
    return totals


async def count_matching(
    people: Collection,
    people_filter: PeopleFilter,
    counts: GroupCounts,
    planner: Planner | None = None,
    *,
    longest_ms: int = MAX_QUERY_MS,
) -> Total:
    """The filter's total: exact where the counters know it, else counted up to the cap.

    A planner counts by the index that it chooses, and not at all where there are more for certain.
    """
    if people_filter.counted:
        return Total(people=sum(n for group, n in counts.items() if people_filter.holds(group)))
    if planner is not None and planner.at_least() > MAX_COUNTED:
        return Total(people=MAX_COUNTED, is_capped=True)
    plan = None if planner is None else planner.count()
    hint = {} if plan is None or plan.index is None else {"hint": plan.index}
    options: dict[str, Any] = {"limit": MAX_COUNTED + 1, "maxTimeMS": longest_ms, **hint}
    match = people_filter.match() if plan is None else plan.match
    found = await people.count_documents(match, **options)
    return Total(people=min(found, MAX_COUNTED), is_capped=found > MAX_COUNTED)
