"""What the service knows of its people without asking: a random sample, ready for estimates.

From some thousand people one sees how common a word is, how many lie between two dates, and where
in a sort order those who fit a filter stand, whatever hangs together with whatever. Held in memory
alone, and thrown away with the next one.
"""

import asyncio
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import structlog
from pymongo.errors import PyMongoError

from vinculo.query_api.lists.search import Token
from vinculo.query_api.mongo import Collection, Document, Mongo
from vinculo.query_api.person_document.counters import Group
from vinculo.query_api.person_document.schema import (
    BLOCKED_BY,
    HAS_LOANS,
    KIND,
    SORTABLE_FIELDS,
    STATUS,
    TOKENS,
)

AFTER_ANY_TEXT: Final = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class SortedColumn:
    """The sample by one field and id: the keys in order, whose they are, where each one stands."""

    keys: Sequence[tuple[Any, ...]]
    rows: Sequence[int]
    places: Sequence[int]

    def place(self, value: Any, person_id: UUID | None = None) -> int:  # noqa: ANN401 - any type
        """How many stand before this value, or before this person with it."""
        key = (comparable(value),) if person_id is None else (comparable(value), person_id.bytes)
        return bisect_left(self.keys, key)


class SampleStatistics:
    """People as documents, each with all sort columns."""

    def __init__(self, people: Sequence[Mapping[str, Any]]) -> None:
        self.people = people
        self._groups: dict[Group, set[int]] = {}
        for row, person in enumerate(people):
            group = Group(person[KIND], person[STATUS], person[HAS_LOANS])
            self._groups.setdefault(group, set()).add(row)
        held = sorted(
            (token, row) for row, person in enumerate(people) for token in value_of(person, TOKENS)
        )
        self._tokens = [token for token, _ in held]
        self._holders = [row for _, row in held]
        self._orders: dict[str, SortedColumn] = {}

    def __len__(self) -> int:
        return len(self.people)

    def groups(self) -> Mapping[Group, AbstractSet[int]]:
        """Rows by kind, status and loans flag."""
        return self._groups

    def order(self, field: str) -> SortedColumn:
        """Made when first asked for."""
        if field not in self._orders:
            keys = [(comparable(value_of(p, field)), p["_id"].bytes) for p in self.people]
            rows = sorted(range(len(keys)), key=keys.__getitem__)
            places = [0] * len(rows)
            for place, row in enumerate(rows):
                places[row] = place
            self._orders[field] = SortedColumn([keys[row] for row in rows], rows, places)
        return self._orders[field]

    def between(self, field: str, since: Any, until: Any) -> set[int]:  # noqa: ANN401 - likewise
        """Whose value is from `since` on and before `until`; None leaves that side open."""
        order = self.order(field)
        first = 0 if since is None else order.place(since)
        last = len(order.rows) if until is None else order.place(until)
        return set(order.rows[first:last])

    def holders(self, tokens: Iterable[Token]) -> set[int]:
        """Who holds any of these tokens."""
        found: set[int] = set()
        for token in tokens:
            first = bisect_left(self._tokens, token.text)
            end = token.text + AFTER_ANY_TEXT if token.is_prefix else token.text
            found.update(self._holders[first : bisect_right(self._tokens, end)])
        return found

    def blocked_by(self, requirement: str) -> set[int]:
        return {
            row
            for row, person in enumerate(self.people)
            if requirement in person.get(BLOCKED_BY, ())
        }


def value_of(document: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - a value of any type
    """The value at a dotted path."""
    value: Any = document
    for part in path.split("."):
        value = value[part]
    return value


def comparable(value: Any) -> Any:  # noqa: ANN401 - likewise
    """As MongoDB orders it: ids by their bytes."""
    return value.bytes if isinstance(value, UUID) else value


SAMPLE_SIZE: Final = 5_000
REFRESH_AFTER_SECONDS: Final = 600.0
EVICT_AFTER_SECONDS: Final = 1_200.0
RETRY_AFTER_SECONDS: Final = 30.0
REFRESH_GROWTH_FACTOR: Final = 2
MIN_PEOPLE_FOR_GROWTH: Final = 1_000
MAX_WAIT_SECONDS: Final = 1.0
MAX_SAMPLING_MS: Final = 10_000
EMPTY: Final = SampleStatistics(())
SORTED_FIELDS: Final = (KIND, STATUS, *SORTABLE_FIELDS, "_id")
SAMPLED_FIELDS: Final = (KIND, STATUS, HAS_LOANS, *SORTABLE_FIELDS, BLOCKED_BY, TOKENS)

logger = structlog.get_logger()


class StatisticsCache:
    """Gives the sample of a collection of people, at once if it can."""

    def __init__(
        self,
        mongo: Mongo,
        *,
        refreshed_seconds: float = REFRESH_AFTER_SECONDS,
        forgotten_seconds: float = EVICT_AFTER_SECONDS,
    ) -> None:
        self._mongo = mongo
        self._refreshed_seconds = refreshed_seconds
        self._forgotten_seconds = forgotten_seconds
        self._collection = ""
        self._sample = EMPTY
        self._listed = 0
        self._due_at = 0.0
        self._taking: asyncio.Task[None] | None = None

    async def of(self, people: Collection, listed: int) -> SampleStatistics:
        """`listed` is how many people the lists hold now: after a flood of them, it is time."""
        if self._collection != people.name:
            await asyncio.wait({self._begin(people.name, listed)}, timeout=MAX_WAIT_SECONDS)
        elif time.monotonic() >= self._due_at or listed > REFRESH_GROWTH_FACTOR * max(
            self._listed, MIN_PEOPLE_FOR_GROWTH
        ):
            self._begin(people.name, listed)
        return self._sample if self._collection == people.name else EMPTY

    def _begin(self, collection: str, listed: int) -> asyncio.Task[None]:
        if self._taking is None or self._taking.done():
            self._taking = asyncio.create_task(
                self._take(collection, listed), name="sampling people"
            )
        return self._taking

    async def _take(self, collection: str, listed: int) -> None:
        """Where the database does not answer, what there is goes on being used for a while."""
        wait_seconds = self._refreshed_seconds
        try:
            self._sample = await sample_people(self._mongo, collection)
        except PyMongoError as error:
            logger.warning("people could not be sampled", error_type=type(error).__name__)
            wait_seconds = RETRY_AFTER_SECONDS
            if self._collection != collection:
                self._sample = EMPTY
        self._collection, self._listed = collection, listed
        self._due_at = time.monotonic() + wait_seconds
        loop = asyncio.get_running_loop()
        loop.call_later(self._forgotten_seconds, self._forget, self._sample)

    def _forget(self, sample: SampleStatistics) -> None:
        """Unless another has taken its place."""
        if self._sample is sample:
            self._collection, self._sample = "", EMPTY


async def sample_people(
    mongo: Mongo, collection: str, people: int = SAMPLE_SIZE
) -> SampleStatistics:
    """Of who is in the lists. A small collection comes whole."""
    found = await mongo.aggregate(
        collection,
        [
            {"$sample": {"size": people}},
            {"$match": {KIND: {"$exists": True}}},
            {"$project": dict.fromkeys(SAMPLED_FIELDS, 1)},
        ],
        maxTimeMS=MAX_SAMPLING_MS,
    )
    return await asyncio.to_thread(_in_all_orders, found)


def _in_all_orders(people: list[Document]) -> SampleStatistics:
    """Sorted by every column, or whoever asks first would wait for it, and all others too."""
    sample = SampleStatistics(people)
    for field in SORTED_FIELDS:
        sample.order(field)
    return sample
