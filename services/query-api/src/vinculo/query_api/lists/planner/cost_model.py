"""Cost estimates of plans: how many index entries each would scan, judged by a sample of people."""

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
"""Rows of the sample assumed to match when none does: the sample may have missed some."""

MIN_MATCHES_FOR_ESTIMATE: Final = 4
"""Twice this number of matching rows shows how densely they lie in a sort order."""

MAX_DISTANCES: Final = 4 * MIN_MATCHES_FOR_ESTIMATE
"""That more sampled rows precede the needed ones has a probability of one in a million."""

MAX_CHANCE_GAPS: Final = 3
"""In a random order, the first matching row is rarely more mean gaps away than this."""

CONFIDENCE_DEVIATIONS: Final = 6
"""Standard deviations of a lower bound that is wrong once in a thousand million cases."""


class CostModel:
    """Estimates for one filter, in people; `paths` are its access paths in the sample."""

    def __init__(
        self,
        people_filter: PeopleFilter,
        sample: SampleStatistics,
        counts: GroupCounts,
        paths: Sequence[AccessPath],
    ) -> None:
        self._filter = people_filter
        self._sample = sample
        self._paths = paths
        self._people_per_row = max(1.0, sum(counts.values()) / max(len(sample), 1))

    @cached_property
    def _in_prefix(self) -> frozenset[int]:
        """Rows whose kind, status and loans flag match the filter."""
        groups = self._sample.groups().items()
        return frozenset[int]().union(
            *(rows for group, rows in groups if self._filter.matches_group(group))
        )

    @cached_property
    def _matching(self) -> frozenset[int]:
        return self._in_prefix.intersection(*(path.matching for path in self._paths))

    def lower_bound_rows(self) -> float:
        """The number of matching people that is certain; 0 when few match."""
        found = len(self._matching)
        return max(0.0, found - CONFIDENCE_DEVIATIONS * sqrt(found)) * self._people_per_row

    def index_scan_cost(self, path: AccessPath) -> float:
        """All people that the path's index returns."""
        rows = path.scanned & self._in_prefix if path.has_equality_prefix else path.scanned
        return max(len(rows), UNSEEN_ROWS) * self._people_per_row

    def ordered_scan_cost(self, path: AccessPath, needed: int) -> float:
        """The people scanned for a page, where the path's index is in the order of the list."""
        matching = max(len(self._matching), UNSEEN_ROWS) * self._people_per_row
        return self.index_scan_cost(path) * needed / matching

    def sort_order_scan_cost(self, sort: Sort, needed: int, cursor: Cursor | None) -> float:
        """The people scanned for a page in sort order, from the cursor on."""
        down = sort.descending != (cursor is not None and cursor.backward)
        start, end = self._rank_range(sort, cursor, down=down)
        matches = needed / self._people_per_row
        distances = nsmallest(
            max(MAX_DISTANCES, ceil(matches)), self._distances(sort, start, down=down)
        )
        to_the_end = abs(end - start)
        scanned = (
            to_the_end
            if len(distances) < matches
            else min(to_the_end, _expected_distance(distances, matches, to_the_end))
        )
        return scanned * len(self._in_prefix) / len(self._sample) * self._people_per_row

    def _distances(self, sort: Sort, start: int, *, down: bool) -> Iterator[int]:
        """The distance from the start to each matching row ahead, in ranks of the sample."""
        ranks = self._sample.sorted_by(sort.field).ranks
        for row in self._matching:
            rank = ranks[row]
            if (rank < start) == down:
                yield start - rank if down else rank - start + 1

    def _rank_range(self, sort: Sort, cursor: Cursor | None, *, down: bool) -> tuple[int, int]:
        """The ranks of the sample between which the index is scanned, the start first."""
        column = self._sample.sorted_by(sort.field)
        implied = date_bounds(self._filter).get(sort.field, ALWAYS)
        low = 0 if implied.since is None else column.rank_of(implied.since)
        high = len(column.rows) if implied.until is None else column.rank_of(implied.until)
        if cursor is not None:
            rank = column.rank_of(cursor.value, cursor.person_id)
            low, high = (low, min(high, rank)) if down else (max(low, rank), high)
        return (max(low, high), low) if down else (low, max(low, high))


def _expected_distance(distances: Sequence[int], matches: float, to_the_end: int) -> float:
    """The expected distance, in ranks, to the last of the needed matches.

    `distances` are those of the nearest matching rows of the sample, `matches` the needed ones in
    rows of the sample. Matches may all lie behind a long stretch without any. With few needed, the
    number of sampled rows among them is random (Poisson): one or two more may precede the last
    needed match, and the next sampled row may be far away, or there may be none.
    """
    if matches > MIN_MATCHES_FOR_ESTIMATE:
        return distances[ceil(matches) - 1]
    nearest = distances[: 2 * MIN_MATCHES_FOR_ESTIMATE]
    mean_gap = (nearest[-1] - nearest[0]) / (len(nearest) - 1) if len(nearest) > 1 else nearest[0]
    probability = cumulative = exp(-matches)
    expected = probability * (
        max(0.0, nearest[0] - MAX_CHANCE_GAPS * mean_gap) + matches * mean_gap
    )
    for sampled, distance in enumerate(distances[1:], start=1):
        probability *= matches / sampled
        cumulative += probability
        expected += probability * distance
    return expected + (1 - cumulative) * to_the_end
