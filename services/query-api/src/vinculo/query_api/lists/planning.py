"""Which index a page is read by: chosen here, from a sample of the people, never by MongoDB.

A page can be read in its own order, entering the sort column's index where it begins and passing
over whoever does not fit; or by who fits one narrow condition (a rare word, some days), sorting
them afterwards. Either may look at a thousand times as many people as the other. MongoDB would
find out by trying all of them, with every fresh question.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, Final

from vinculo.query_api.lists.cursor import Cursor
from vinculo.query_api.lists.entrances import Entrance, bounds, entrances
from vinculo.query_api.lists.filters import PeopleFilter, within
from vinculo.query_api.lists.sample import Sample
from vinculo.query_api.lists.sorting import Sort
from vinculo.query_api.people.columns import BLOCKED_BY, CREATED, TOKENS_INDEX, index_name
from vinculo.query_api.projection.counters import Group

Counts = Mapping[Group, int]

UNSEEN: Final = 0.5
"""How many of the sample are taken to fit when none does: it may have missed some."""

TRUSTED: Final = 4
"""Twice so many who fit tell how thick they stand in a sort order."""

BY_CHANCE: Final = 3
"""Where people stand without a pattern, the first is rarely farther off than so many of the
distances between them."""

CERTAIN: Final = 200
"""When so many of the sample fit, at least half as many per head do: by chance it is less than once
in a million million million times."""

SORTING: Final = 1.2
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

    def __init__(self, people_filter: PeopleFilter, sample: Sample, counts: Counts) -> None:
        self._filter = people_filter
        self._sample = sample
        self._entrances = entrances(people_filter, sample)
        self._inside = frozenset[int]().union(
            *(rows for group, rows in sample.groups().items() if people_filter.holds(group))
        )
        self._matches = self._inside.intersection(*(each.fitting for each in self._entrances))
        self._people_each = sum(counts.values()) / len(sample) if len(sample) else 0.0

    def page(self, sort: Sort, *, limit: int, cursor: Cursor | None) -> list[Plan]:
        """Every sensible plan, the cheapest first."""
        if self._filter.sought.identifier is not None:
            return [self._left_to_mongodb()]
        plans = list(self._in_order(sort, limit + 1, cursor))
        if self._filter.counted:
            return plans
        if not len(self._sample):
            return [*plans, self._left_to_mongodb()]
        indexes = {plan.index for plan in plans}
        plans += [
            self._by(each, SORTING * self._expected(each))
            for each in self._entrances
            if each.index not in indexes
        ]
        return sorted(plans, key=lambda plan: plan.people)

    def count(self) -> Plan:
        """By whichever condition the fewest fit."""
        unknown = not self._entrances or not len(self._sample)
        if unknown or self._filter.sought.identifier is not None:
            return self._left_to_mongodb()
        entrance = min(self._entrances, key=self._expected)
        return self._by(entrance, self._expected(entrance))

    def at_least(self) -> float:
        """How many fit for certain, as far as a sample can tell; 0 when few do."""
        found = len(self._matches)
        return found * self._people_each / 2 if found >= CERTAIN else 0.0

    def _in_order(self, sort: Sort, needed: int, cursor: Cursor | None) -> Iterator[Plan]:
        implied = bounds(self._filter).get(sort.field)
        bound = {} if implied is None else within(sort.field, implied)
        conditions = [*([bound] if bound else []), *(e.checked() for e in self._entrances)]
        yield Plan(
            index=index_name(sort.field),
            match=self._said(conditions),
            people=self._passed(sort, needed, cursor),
        )
        for each in self._entrances:
            if each.index == index_name(BLOCKED_BY) and sort.field == CREATED:
                blocked = self._expected(each) / max(self._people_each, 1.0)
                people = needed * blocked / max(len(self._matches), UNSEEN)
                yield Plan(index=each.index, match=self._said(conditions), people=people)

    def _by(self, entrance: Entrance, people: float) -> Plan:
        """Beside the entrance's own condition no other may be taken for the index's bounds."""
        conditions = [entrance.condition]
        for each in self._entrances:
            if each is not entrance:
                same = each.index == TOKENS_INDEX == entrance.index
                conditions.append(_not_for_bounds(each.checked()) if same else each.checked())
            elif each.beside is not None and each.beside != each.condition:
                conditions.append(_not_for_bounds(each.beside))
        return Plan(index=entrance.index, match=self._said(conditions), people=people)

    def _left_to_mongodb(self) -> Plan:
        return Plan(index=None, match=self._filter.match(), people=len(self._sample))

    def _said(self, conditions: list[dict[str, Any]]) -> dict[str, Any]:
        prefix = self._filter.prefix()
        return {**prefix, "$and": conditions} if conditions else prefix

    def _expected(self, entrance: Entrance) -> float:
        rows = entrance.rows & self._inside if entrance.behind_prefix else entrance.rows
        return max(len(rows), UNSEEN) * self._people_each

    def _passed(self, sort: Sort, needed: int, cursor: Cursor | None) -> float:
        """How many one passes, in order and from the cursor on, to fill a page."""
        order = self._sample.order(sort.field)
        if not order.rows:
            return 0.0
        down = sort.descending != (cursor is not None and cursor.backward)
        begin = self._begin(sort, cursor, down=down)
        ahead = sorted(
            begin - order.places[row] if down else order.places[row] - begin + 1
            for row in self._matches
            if (order.places[row] < begin) == down
        )
        share = len(self._inside) / len(self._sample)
        to_the_end = (begin if down else len(order.rows) - begin) * share * self._people_each
        if len(ahead) * self._people_each < needed:
            return to_the_end
        return min(
            to_the_end, _reached(ahead, needed / self._people_each) * share * self._people_each
        )

    def _begin(self, sort: Sort, cursor: Cursor | None, *, down: bool) -> int:
        """The place in the sample's order where the reading of the index begins."""
        order = self._sample.order(sort.field)
        implied = bounds(self._filter).get(sort.field)
        edge = None if implied is None else implied.until if down else implied.since
        begin = len(order.rows) if down else 0
        if edge is not None:
            begin = order.place(edge)
        if cursor is not None:
            place = order.place(cursor.value, cursor.person_id)
            begin = min(begin, place) if down else max(begin, place)
        return begin


def _reached(ahead: list[int], matches: float) -> float:
    """How far it is to so many matches, given how far those of the sample are, in their order.

    They may all stand behind a stretch without any, much longer than what lies between them.
    """
    if matches > TRUSTED:
        return ahead[ceil(matches) - 1]
    trusted = ahead[: 2 * TRUSTED]
    apart = (trusted[-1] - trusted[0]) / (len(trusted) - 1) if len(trusted) > 1 else trusted[0]
    return max(0.0, trusted[0] - BY_CHANCE * apart) + matches * apart


def _not_for_bounds(condition: dict[str, Any]) -> dict[str, Any]:
    """The same, but of no use to an index: with two words MongoDB may enter by the wrong one."""
    return {"$nor": [{"$nor": [condition]}]}
