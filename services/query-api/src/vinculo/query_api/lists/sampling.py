"""Keeps a sample of the people in service: taken when first needed, anew every ten minutes.

Only those who come before the first one wait, and a second at most. A sample that is older than
that goes on being used while the next is taken, or when taking one fails. Another generation of the
read model gets its own. One that nobody asks for any more is forgotten after twenty minutes: it
holds names, and somebody may have been erased meanwhile.
"""

import asyncio
import time
from typing import Final

import structlog
from pymongo.errors import PyMongoError

from vinculo.query_api.lists.sample import Sample
from vinculo.query_api.mongo import Collection, Document, Mongo
from vinculo.query_api.person_document.schema import (
    BLOCKED_BY,
    HAS_LOANS,
    KIND,
    SORTABLE_FIELDS,
    STATUS,
    TOKENS,
)

PEOPLE_SAMPLED: Final = 5_000
REFRESHED_SECONDS: Final = 600.0
FORGOTTEN_SECONDS: Final = 1_200.0
RETRIED_SECONDS: Final = 30.0
GROWTH: Final = 2
FEW: Final = 1_000
LONGEST_WAIT_SECONDS: Final = 1.0
LONGEST_SAMPLING_MS: Final = 10_000
NOBODY: Final = Sample(())
ORDERED: Final = (KIND, STATUS, *SORTABLE_FIELDS, "_id")
FIELDS: Final = (KIND, STATUS, HAS_LOANS, *SORTABLE_FIELDS, BLOCKED_BY, TOKENS)

logger = structlog.get_logger()


class Samples:
    """Gives the sample of a collection of people, at once if it can."""

    def __init__(
        self,
        mongo: Mongo,
        *,
        refreshed_seconds: float = REFRESHED_SECONDS,
        forgotten_seconds: float = FORGOTTEN_SECONDS,
    ) -> None:
        self._mongo = mongo
        self._refreshed_seconds = refreshed_seconds
        self._forgotten_seconds = forgotten_seconds
        self._collection = ""
        self._sample = NOBODY
        self._listed = 0
        self._due_at = 0.0
        self._taking: asyncio.Task[None] | None = None

    async def of(self, people: Collection, listed: int) -> Sample:
        """`listed` is how many people the lists hold now: after a flood of them, it is time."""
        if self._collection != people.name:
            await asyncio.wait({self._begin(people.name, listed)}, timeout=LONGEST_WAIT_SECONDS)
        elif time.monotonic() >= self._due_at or listed > GROWTH * max(self._listed, FEW):
            self._begin(people.name, listed)
        return self._sample if self._collection == people.name else NOBODY

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
            self._sample = await take_sample(self._mongo, collection)
        except PyMongoError as error:
            logger.warning("people could not be sampled", error_type=type(error).__name__)
            wait_seconds = RETRIED_SECONDS
            if self._collection != collection:
                self._sample = NOBODY
        self._collection, self._listed = collection, listed
        self._due_at = time.monotonic() + wait_seconds
        loop = asyncio.get_running_loop()
        loop.call_later(self._forgotten_seconds, self._forget, self._sample)

    def _forget(self, sample: Sample) -> None:
        """Unless another has taken its place."""
        if self._sample is sample:
            self._collection, self._sample = "", NOBODY


async def take_sample(mongo: Mongo, collection: str, people: int = PEOPLE_SAMPLED) -> Sample:
    """Of who is in the lists. A small collection comes whole."""
    found = await mongo.aggregate(
        collection,
        [
            {"$sample": {"size": people}},
            {"$match": {KIND: {"$exists": True}}},
            {"$project": dict.fromkeys(FIELDS, 1)},
        ],
        maxTimeMS=LONGEST_SAMPLING_MS,
    )
    return await asyncio.to_thread(_in_all_orders, found)


def _in_all_orders(people: list[Document]) -> Sample:
    """Sorted by every column, or whoever asks first would wait for it, and all others too."""
    sample = Sample(people)
    for field in ORDERED:
        sample.order(field)
    return sample
