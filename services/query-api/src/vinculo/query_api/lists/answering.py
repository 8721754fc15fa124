"""A list answered: its page, how many fit, and how fresh that is."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from vinculo.query_api.freshness import Freshness
from vinculo.query_api.lists.cursor import Cursor, Walk
from vinculo.query_api.lists.filters import PeopleFilter
from vinculo.query_api.lists.pages import Page, read_page
from vinculo.query_api.lists.planning import Planner
from vinculo.query_api.lists.rows import shown_fields
from vinculo.query_api.lists.sampling import Samples
from vinculo.query_api.lists.sorting import Sort
from vinculo.query_api.lists.totals import Total, matching, read_counts
from vinculo.query_api.person_document.counters import GroupCounts
from vinculo.query_api.read_model import Collections, ReadModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    collections: Collections
    counts: GroupCounts
    freshness: Freshness
    page: Page
    total: Total


class Lists:
    """What takes longer than `longest_seconds` is given up."""

    def __init__(
        self, read_model: ReadModel, samples: Samples, *, longest_seconds: float = 5.0
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
    ) -> Listed:
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
                fields=shown_fields(people_filter.people_list.columns, sort.field),
                longest_ms=self._longest_ms,
            ),
            self._total(cursor, collections, people_filter, counts, planner),
        )
        walk = Walk(begun_at=begun_at, people=total.people, is_capped=total.is_capped)
        return Listed(
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
        return await matching(
            collections.people, people_filter, counts, planner, longest_ms=self._longest_ms
        )


def _with(cursor: Cursor | None, walk: Walk) -> Cursor | None:
    return None if cursor is None else replace(cursor, walk=walk)
