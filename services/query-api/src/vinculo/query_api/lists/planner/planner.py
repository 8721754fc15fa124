"""Chooses the index of a page from a sample of people, instead of leaving it to MongoDB.

A page can be read in sort order, by the sort column's index, skipping people that do not match; or
by the index of one selective condition (a rare word, a few days), sorting afterwards. One may scan
a thousand times as many entries as the other. MongoDB would try all indexes for every new query.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from vinculo.query_api.cursors import Cursor
from vinculo.query_api.lists.catalogue import Sort
from vinculo.query_api.lists.filters import PeopleFilter
from vinculo.query_api.lists.planner.access_paths import AccessPath, access_paths, date_bounds
from vinculo.query_api.lists.planner.cost_model import CostModel
from vinculo.query_api.lists.planner.statistics import SampleStatistics
from vinculo.query_api.mongo import Expression
from vinculo.query_api.periods import within
from vinculo.query_api.person_document.counters import GroupCounts
from vinculo.query_api.person_document.indexes import TOKENS_INDEX, index_name
from vinculo.query_api.person_document.schema import BLOCKED_BY, CONCERNS, CREATED

_IN_ORDER_OF_CREATION: Final = frozenset({index_name(BLOCKED_BY), index_name(CONCERNS)})
SORT_COST_FACTOR: Final = 1.2
"""The cost of a person who must be sorted, relative to one who comes in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An index, and a filter from which only this index's bounds can be derived.

    `estimated_rows` is how many people are expected to be scanned. Without an index MongoDB
    chooses.
    """

    index: str | None
    match: Expression
    estimated_rows: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ListPlan:
    """How a list is read.

    `pages` are all sensible plans of a page, the cheapest first. `count` scans the fewest people
    to count all that match, of whom `certain_rows` are certain: 0 when few match.
    """

    pages: list[Plan]
    count: Plan
    certain_rows: float


def plan_list(
    people_filter: PeopleFilter,
    sort: Sort,
    sample: SampleStatistics,
    counts: GroupCounts,
    *,
    limit: int,
    cursor: Cursor | None,
) -> ListPlan:
    """The plans of the page after the cursor, or of the first page, and of the total."""
    planner = _Planner(people_filter, sample, counts)
    return ListPlan(
        pages=planner.page_plans(sort, limit + 1, cursor),
        count=planner.count_plan(),
        certain_rows=planner.certain_rows(),
    )


class _Planner:
    """Plans for one filter, from the statistics of the moment."""

    def __init__(
        self, people_filter: PeopleFilter, sample: SampleStatistics, counts: GroupCounts
    ) -> None:
        self._filter = people_filter
        self._paths = access_paths(people_filter, sample)
        self._costs = CostModel(people_filter, sample, counts, self._paths)
        self._has_statistics = len(sample) > 0

    def page_plans(self, sort: Sort, needed: int, cursor: Cursor | None) -> list[Plan]:
        if self._filter.search.identifier is not None:
            return [self._server_choice()]
        if self._filter.is_answerable_from_counters:
            return [self._sort_order_scan(sort, needed)]
        if not self._has_statistics:
            return [self._sort_order_scan(sort, needed), self._server_choice()]
        return sorted(self._candidates(sort, needed, cursor), key=lambda plan: plan.estimated_rows)

    def count_plan(self) -> Plan:
        if self._filter.search.identifier is not None or not (self._has_statistics and self._paths):
            return self._server_choice()
        path = min(self._paths, key=self._costs.index_scan_cost)
        return self._index_scan(path, self._costs.index_scan_cost(path))

    def certain_rows(self) -> float:
        if self._filter.search.identifier is not None:
            return 0.0
        return self._costs.lower_bound_rows()

    def _candidates(self, sort: Sort, needed: int, cursor: Cursor | None) -> Iterator[Plan]:
        in_order = self._sort_order_scan(
            sort, self._costs.sort_order_scan_cost(sort, needed, cursor)
        )
        yield in_order
        for path in self._paths:
            if path.index in _IN_ORDER_OF_CREATION and sort.field == CREATED:
                cost = self._costs.ordered_scan_cost(path, needed)
                yield Plan(index=path.index, match=in_order.match, estimated_rows=cost)
            elif path.index != in_order.index:
                cost = SORT_COST_FACTOR * self._costs.index_scan_cost(path)
                yield self._index_scan(path, cost)

    def _sort_order_scan(self, sort: Sort, estimated_rows: float) -> Plan:
        implied = date_bounds(self._filter).get(sort.field)
        bound = {} if implied is None else within(sort.field, implied)
        conditions = [
            *([bound] if bound else []),
            *(path.full_condition() for path in self._paths),
        ]
        return Plan(
            index=index_name(sort.field),
            match=self._match(conditions),
            estimated_rows=estimated_rows,
        )

    def _index_scan(self, path: AccessPath, estimated_rows: float) -> Plan:
        """Other conditions on the same index are hidden, or it might use their bounds instead."""
        conditions = [path.condition]
        for other in self._paths:
            if other is not path:
                shares_index = other.index == TOKENS_INDEX == path.index
                condition = other.full_condition()
                conditions.append(_hide_from_index_bounds(condition) if shares_index else condition)
            elif path.residual is not None and path.residual != path.condition:
                conditions.append(_hide_from_index_bounds(path.residual))
        return Plan(index=path.index, match=self._match(conditions), estimated_rows=estimated_rows)

    def _server_choice(self) -> Plan:
        return Plan(index=None, match=self._filter.match(), estimated_rows=0)

    def _match(self, conditions: list[Expression]) -> Expression:
        prefix = self._filter.prefix()
        return {**prefix, "$and": conditions} if conditions else prefix


def _hide_from_index_bounds(condition: Expression) -> Expression:
    """The same condition in a form from which MongoDB derives no index bounds."""
    return {"$nor": [{"$nor": [condition]}]}
