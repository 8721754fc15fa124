"""How many people each way to read a list would look at, as far as a sample of them can tell."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from heapq import nsmallest
from math import ceil, exp, sqrt
from typing import Final

from vinculo.query_api.cursors import Cursor
from vinculo.query_api.lists.catalogue import Sort
from vinculo.query_api.lists.filters import PeopleFilter
from vinculo.query_api.lists.planner.access_paths import AccessPath, date_bounds
from vinculo.query_api.lists.planner.statistics import SampleStatistics
from vinculo.query_api.periods import ALWAYS
from vinculo.query_api.person_document.counters import GroupCounts

UNSEEN_ROWS: Final = 0.5
"""How many of the sample are taken to fit when none does: it may have missed some."""

MIN_MATCHES_FOR_ESTIMATE: Final = 4
"""Twice so many who fit tell how thick they stand in a sort order."""

MAX_DISTANCES: Final = 4 * MIN_MATCHES_FOR_ESTIMATE
"""That more of the sample are passed before so few are found happens once in a million times."""

MAX_CHANCE_GAPS: Final = 3
"""Where people stand without a pattern, the first is rarely farther off than so many of the
distances between them."""

CONFIDENCE_DEVIATIONS: Final = 6
"""Standard deviations by which a sample does not err: once in a thousand million times."""


class CostModel:
    """Of one filter; `entrances` are its conditions, found in the sample."""

    def __init__(
        self,
        people_filter: PeopleFilter,
        sample: SampleStatistics,
        counts: GroupCounts,
        entrances: Sequence[AccessPath],
    ) -> None:
        self._filter = people_filter
        self._sample = sample
        self._entrances = entrances
        self._people_each = max(1.0, sum(counts.values()) / max(len(sample), 1))

    @cached_property
    def _inside(self) -> frozenset[int]:
        """Whose kind, status and loans are those of the filter."""
        groups = self._sample.groups().items()
        return frozenset[int]().union(
            *(rows for group, rows in groups if self._filter.holds(group))
        )

    @cached_property
    def _fitting(self) -> frozenset[int]:
        return self._inside.intersection(*(each.fitting for each in self._entrances))

    def at_least(self) -> float:
        """How many fit for certain, as far as a sample can tell; 0 when few do."""
        found = len(self._fitting)
        return max(0.0, found - CONFIDENCE_DEVIATIONS * sqrt(found)) * self._people_each

    def by(self, entrance: AccessPath) -> float:
        """Everybody whom this condition's index gives."""
        rows = entrance.rows & self._inside if entrance.behind_prefix else entrance.rows
        return max(len(rows), UNSEEN_ROWS) * self._people_each

    def within(self, entrance: AccessPath, needed: int) -> float:
        """Those whom one passes to fill a page, where the index gives them in the list's order."""
        return (
            self.by(entrance) * needed / (max(len(self._fitting), UNSEEN_ROWS) * self._people_each)
        )

    def in_order(self, sort: Sort, needed: int, cursor: Cursor | None) -> float:
        """Those whom one passes, in order and from the cursor on, to fill a page."""
        down = sort.descending != (cursor is not None and cursor.backward)
        begin, end = self._stretch(sort, cursor, down=down)
        matches = needed / self._people_each
        distances = nsmallest(
            max(MAX_DISTANCES, ceil(matches)), self._ahead(sort, begin, down=down)
        )
        to_the_end = abs(end - begin)
        reached = (
            to_the_end
            if len(distances) < matches
            else min(to_the_end, _reached(distances, matches, to_the_end))
        )
        return reached * len(self._inside) / len(self._sample) * self._people_each

    def _ahead(self, sort: Sort, begin: int, *, down: bool) -> Iterator[int]:
        """How far it is to each who fits and lies ahead."""
        places = self._sample.order(sort.field).places
        for row in self._fitting:
            place = places[row]
            if (place < begin) == down:
                yield begin - place if down else place - begin + 1

    def _stretch(self, sort: Sort, cursor: Cursor | None, *, down: bool) -> tuple[int, int]:
        """The places in the sample's order between which the index is read, the first one first."""
        order = self._sample.order(sort.field)
        implied = date_bounds(self._filter).get(sort.field, ALWAYS)
        low = 0 if implied.since is None else order.place(implied.since)
        high = len(order.rows) if implied.until is None else order.place(implied.until)
        if cursor is not None:
            place = order.place(cursor.value, cursor.person_id)
            low, high = (low, min(high, place)) if down else (max(low, place), high)
        return (max(low, high), low) if down else (low, max(low, high))


def _reached(distances: Sequence[int], matches: float, to_the_end: int) -> float:
    """How far it is to so many who fit, given how far those of the sample are, in their order.

    They may all stand behind a stretch without any, much longer than what lies between them. And
    few of a sample may stand for fewer still: of those who are needed, by chance (Poisson's) one or
    two more are in the sample than the first; the next one of it may be far off, or none.
    """
    if matches > MIN_MATCHES_FOR_ESTIMATE:
        return distances[ceil(matches) - 1]
    known = distances[: 2 * MIN_MATCHES_FOR_ESTIMATE]
    apart = (known[-1] - known[0]) / (len(known) - 1) if len(known) > 1 else known[0]
    chance = reckoned = exp(-matches)
    expected = chance * (max(0.0, known[0] - MAX_CHANCE_GAPS * apart) + matches * apart)
    for passed, distance in enumerate(distances[1:], start=1):
        chance *= matches / passed
        reckoned += chance
        expected += chance * distance
    return expected + (1 - reckoned) * to_the_end
