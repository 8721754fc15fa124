"""Which index a page is read by: chosen here, from a sample of the people, never by MongoDB.

A page can be read in its own order, entering the sort column's index where it begins and passing
over whoever does not fit; or by who fits one narrow condition (a rare word, some days), sorting
them afterwards. Either may look at a thousand times as many people as the other. MongoDB would
find out by trying all of them, with every fresh question.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from vinculo.query_api.cursors import Cursor
from vinculo.query_api.lists.catalogue import Sort
from vinculo.query_api.lists.filters import PeopleFilter
from vinculo.query_api.lists.planner.access_paths import AccessPath, access_paths, date_bounds
from vinculo.query_api.lists.planner.cost_model import CostModel
from vinculo.query_api.lists.planner.statistics import SampleStatistics
from vinculo.query_api.periods import within
from vinculo.query_api.person_document.counters import GroupCounts
from vinculo.query_api.person_document.schema import BLOCKED_BY, CREATED, TOKENS_INDEX, index_name

SORT_COST_FACTOR: Final = 1.2
"""What a person costs who has to be sorted, against one who comes in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An index to read by, and the filter said so that it is entered by this condition alone.

    `people` is how many are expected to be looked at. Without an index MongoDB chooses.
    """

    index: str | None
    match: dict[str, Any]
    people: float


class Planner:
    """For one filter, with what is known at the moment."""

    def __init__(
        self, people_filter: PeopleFilter, sample: SampleStatistics, counts: GroupCounts
    ) -> None:
        self._filter = people_filter
        self._entrances = access_paths(people_filter, sample)
        self._expected = CostModel(people_filter, sample, counts, self._entrances)
        self._is_informed = len(sample) > 0

    def page(self, sort: Sort, *, limit: int, cursor: Cursor | None) -> list[Plan]:
        """Every sensible plan, the cheapest first."""
        if self._filter.sought.identifier is not None:
            return [self._left_to_mongodb()]
        if self._filter.counted or not self._is_informed:
            plan = self._in_order(sort, people=limit + 1)
            return [plan] if self._filter.counted else [plan, self._left_to_mongodb()]
        return sorted(self._candidates(sort, limit + 1, cursor), key=lambda plan: plan.people)

    def count(self) -> Plan:
        """By whichever condition the fewest fit."""
        if self._filter.sought.identifier is not None or not self._is_informed:
            return self._left_to_mongodb()
        entrance = min(self._entrances, key=self._expected.by)
        return self._by(entrance, self._expected.by(entrance))

    def at_least(self) -> float:
        """How many fit for certain, as far as a sample can tell; 0 when few do."""
        return 0.0 if self._filter.sought.identifier is not None else self._expected.at_least()

    def _candidates(self, sort: Sort, needed: int, cursor: Cursor | None) -> Iterator[Plan]:
        in_order = self._in_order(sort, self._expected.in_order(sort, needed, cursor))
        yield in_order
        for each in self._entrances:
            if each.index == index_name(BLOCKED_BY) and sort.field == CREATED:
                people = self._expected.within(each, needed)
                yield Plan(index=each.index, match=in_order.match, people=people)
            elif each.index != in_order.index:
                yield self._by(each, SORT_COST_FACTOR * self._expected.by(each))

    def _in_order(self, sort: Sort, people: float) -> Plan:
        implied = date_bounds(self._filter).get(sort.field)
        bound = {} if implied is None else within(sort.field, implied)
        conditions = [*([bound] if bound else []), *(e.checked() for e in self._entrances)]
        return Plan(index=index_name(sort.field), match=self._said(conditions), people=people)

    def _by(self, entrance: AccessPath, people: float) -> Plan:
        """Beside the entrance's own condition no other may be taken for the index's bounds."""
        conditions = [entrance.condition]
        for each in self._entrances:
            if each is not entrance:
                same = each.index == TOKENS_INDEX == entrance.index
                conditions.append(
                    _hide_from_index_bounds(each.checked()) if same else each.checked()
                )
            elif each.beside is not None and each.beside != each.condition:
                conditions.append(_hide_from_index_bounds(each.beside))
        return Plan(index=entrance.index, match=self._said(conditions), people=people)

    def _left_to_mongodb(self) -> Plan:
        return Plan(index=None, match=self._filter.match(), people=0)

    def _said(self, conditions: list[dict[str, Any]]) -> dict[str, Any]:
        prefix = self._filter.prefix()
        return {**prefix, "$and": conditions} if conditions else prefix


def _hide_from_index_bounds(condition: dict[str, Any]) -> dict[str, Any]:
    """The same, but of no use to an index: with two words MongoDB may enter by the wrong one."""
    return {"$nor": [{"$nor": [condition]}]}
