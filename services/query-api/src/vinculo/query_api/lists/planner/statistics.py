"""Statistics from a random sample of people, kept in memory.

A sample of a few thousand people yields the frequency of a search word, the selectivity of a date
range, and the rank of matching rows in every sort order, including correlations between columns.

A sample is taken at the first query, which waits up to a second for it, and again every ten
minutes. An old one is used while the next is taken, or when that fails. Each generation of the read
model has its own. A sample that nothing asks for is evicted after twenty minutes, because it holds
names of people who may have been erased meanwhile.
"""

import asyncio
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

import structlog
from pymongo.errors import PyMongoError

from vinculo.messaging import safe_reason
from vinculo.query_api.cursors import SortValue
from vinculo.query_api.lists.search import Token
from vinculo.query_api.mongo import Collection, Mongo
from vinculo.query_api.person_document.counters import Group
from vinculo.query_api.person_document.indexes import SORTABLE_FIELDS
from vinculo.query_api.person_document.schema import (
    BLOCKED_BY,
    CONCERNS,
    HAS_LOANS,
    KIND,
    STATUS,
    TOKENS,
    Person,
    sort_value,
)

SAMPLE_SIZE: Final = 5_000
REFRESH_AFTER_SECONDS: Final = 600.0
EVICT_AFTER_SECONDS: Final = 1_200.0
RETRY_AFTER_SECONDS: Final = 30.0
REFRESH_GROWTH_FACTOR: Final = 2
MIN_PEOPLE_FOR_GROWTH: Final = 1_000
MAX_WAIT_SECONDS: Final = 1.0
MAX_SAMPLING_MS: Final = 10_000
SORTED_FIELDS: Final = (KIND, STATUS, *SORTABLE_FIELDS, "_id")
SAMPLED_FIELDS: Final = (KIND, STATUS, HAS_LOANS, *SORTABLE_FIELDS, BLOCKED_BY, CONCERNS, TOKENS)
_AFTER_ANY_TEXT: Final = "\U0010ffff"

Comparable: TypeAlias = str | int | datetime | bytes

log: Final = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SortedColumn:
    """The sample sorted by one field and id.

    `keys` are in order, `rows` are their rows, and `ranks` has the rank of each row.
    """

    keys: Sequence[tuple[Comparable, ...]]
    rows: Sequence[int]
    ranks: Sequence[int]

    def rank_of(self, value: SortValue, person_id: UUID | None = None) -> int:
        """The number of rows before this value, or before this person with the value."""
        key: tuple[Comparable, ...] = (comparable(value),)
        if person_id is not None:
            key = (*key, person_id.bytes)
        return bisect_left(self.keys, key)


class SampleStatistics:
    """Statistics of these people, given as documents with all sort columns."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.people = people
        self._groups: dict[Group, set[int]] = {}
        for row, person in enumerate(people):
            group = Group(person[KIND], person[STATUS], person[HAS_LOANS])
            self._groups.setdefault(group, set()).add(row)
        pairs = sorted(
            (token, row)
            for row, person in enumerate(people)
            for token in person["personal"]["tokens"]
        )
        self._tokens = [token for token, _ in pairs]
        self._token_rows = [row for _, row in pairs]
        self._columns: dict[str, SortedColumn] = {}

    def __len__(self) -> int:
        return len(self.people)

    def groups(self) -> Mapping[Group, AbstractSet[int]]:
        """Rows by kind, status and loans flag."""
        return self._groups

    def sorted_by(self, field: str) -> SortedColumn:
        """Sorted at the first call."""
        if field not in self._columns:
            keys = [(comparable(sort_value(p, field)), p["_id"].bytes) for p in self.people]
            rows = sorted(range(len(keys)), key=keys.__getitem__)
            ranks = [0] * len(rows)
            for rank, row in enumerate(rows):
                ranks[row] = rank
            self._columns[field] = SortedColumn([keys[row] for row in rows], rows, ranks)
        return self._columns[field]

    def between(self, field: str, since: datetime | None, until: datetime | None) -> set[int]:
        """Rows with a value from `since` on and before `until`; None leaves that side open."""
        column = self.sorted_by(field)
        first = 0 if since is None else column.rank_of(since)
        last = len(column.rows) if until is None else column.rank_of(until)
        return set(column.rows[first:last])

    def holders(self, tokens: Iterable[Token]) -> set[int]:
        """Rows with any of these tokens."""
        found: set[int] = set()
        for token in tokens:
            first = bisect_left(self._tokens, token.text)
            end = token.text + _AFTER_ANY_TEXT if token.is_prefix else token.text
            found.update(self._token_rows[first : bisect_right(self._tokens, end)])
        return found

    def blocked_by(self, requirement: str) -> set[int]:
        return {
            row
            for row, person in enumerate(self.people)
            if requirement in person.get(BLOCKED_BY, [])
        }

    def with_concern(self, concern: str) -> set[int]:
        return {
            row for row, person in enumerate(self.people) if concern in person.get(CONCERNS, [])
        }


EMPTY: Final = SampleStatistics(())


def comparable(value: SortValue) -> Comparable:
    """A key in MongoDB's order, which compares ids by their bytes."""
    return value.bytes if isinstance(value, UUID) else value


class StatisticsCache:
    """The statistics of the people of the active generation."""

    def __init__(
        self,
        mongo: Mongo,
        *,
        refresh_after_seconds: float = REFRESH_AFTER_SECONDS,
        evict_after_seconds: float = EVICT_AFTER_SECONDS,
    ) -> None:
        self._mongo = mongo
        self._refresh_after_seconds = refresh_after_seconds
        self._evict_after_seconds = evict_after_seconds
        self._collection = ""
        self._sample = EMPTY
        self._listed_people = 0
        self._refresh_at = 0.0
        self._refreshing: asyncio.Task[None] | None = None

    async def of(self, people: Collection[Person], listed_people: int) -> SampleStatistics:
        """The collection's statistics, empty when there are none yet.

        `listed_people` is the current total of all lists: the sample is refreshed when it doubles.
        """
        if self._collection != people.name:
            refreshing = self._refresh(people.name, listed_people)
            await asyncio.wait({refreshing}, timeout=MAX_WAIT_SECONDS)
        elif time.monotonic() >= self._refresh_at or self._has_grown(listed_people):
            self._refresh(people.name, listed_people)
        return self._sample if self._collection == people.name else EMPTY

    def _has_grown(self, listed_people: int) -> bool:
        before = max(self._listed_people, MIN_PEOPLE_FOR_GROWTH)
        return listed_people > REFRESH_GROWTH_FACTOR * before

    def _refresh(self, collection: str, listed_people: int) -> asyncio.Task[None]:
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(
                self._sample_people(collection, listed_people), name="sampling people"
            )
        return self._refreshing

    async def _sample_people(self, collection: str, listed_people: int) -> None:
        """When sampling fails, the old sample is used until the next attempt."""
        refresh_after_seconds = self._refresh_after_seconds
        try:
            self._sample = await sample_people(self._mongo, collection)
        except PyMongoError as error:
            log.warning("people-not-sampled", error=safe_reason(error))
            refresh_after_seconds = RETRY_AFTER_SECONDS
            if self._collection != collection:
                self._sample = EMPTY
        self._collection, self._listed_people = collection, listed_people
        self._refresh_at = time.monotonic() + refresh_after_seconds
        loop = asyncio.get_running_loop()
        loop.call_later(self._evict_after_seconds, self._evict, self._sample)

    def _evict(self, sample: SampleStatistics) -> None:
        """Evict the sample unless another one has replaced it."""
        if self._sample is sample:
            self._collection, self._sample = "", EMPTY


async def sample_people(mongo: Mongo, collection: str, size: int = SAMPLE_SIZE) -> SampleStatistics:
    """Statistics of randomly chosen people in lists; of all of them in a small collection."""
    found = await mongo.aggregate(
        collection,
        Person,
        [
            {"$sample": {"size": size}},
            {"$match": {KIND: {"$exists": True}}},
            {"$project": dict.fromkeys(SAMPLED_FIELDS, 1)},
        ],
        maxTimeMS=MAX_SAMPLING_MS,
    )
    return await asyncio.to_thread(_sorted_by_all_fields, found)


def _sorted_by_all_fields(people: list[Person]) -> SampleStatistics:
    """Sorted here, in a thread, so that no query has to wait for sorting."""
    sample = SampleStatistics(people)
    for field in SORTED_FIELDS:
        sample.sorted_by(field)
    return sample
