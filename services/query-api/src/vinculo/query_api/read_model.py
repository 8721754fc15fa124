"""The active generation of the read model: its collections, how fresh it is, names of payers.

A read's position is the number of applied records. Offsets change in the transactions that write
the documents, so a later position always shows what an earlier one has shown. Another generation
reads the same log and counts the same records.
"""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from vinculo.httpapi import encode_position
from vinculo.query_api.generations import active_generation, collection_names
from vinculo.query_api.mongo import Collection, Database, Document

LOG: Final = "log"
"""Stands for the stream id in the positions of reads."""

FRESHNESS_TIMES: Final = ("caught_up_at", "event_at")
MAX_DUPLICATE_CHAIN: Final = 4
"""A surviving payer may be refused as a duplicate later on; longer chains are not followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collections:
    people: Collection
    events: Collection
    payers: Collection
    counters: Collection
    positions: Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """`as_of` is None until the projector has reported for the first time."""

    as_of: datetime | None
    lag_seconds: float | None
    records: int

    @property
    def position(self) -> str:
        """The consistency token of what was read."""
        return encode_position(LOG, self.records)


class ReadModel:
    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def collections(self) -> Collections:
        """Those of the active generation. Call it for each request: the pointer may move."""
        names = collection_names(await active_generation(self._database))
        return Collections(
            people=self._database[names.people],
            events=self._database[names.events],
            payers=self._database[names.payers],
            counters=self._database[names.counters],
            positions=self._database[names.positions],
        )

    async def freshness(self, collections: Collections) -> Freshness:
        return await read_freshness(collections.positions, self._clock())


async def read_freshness(positions: Collection, now: datetime) -> Freshness:
    """The freshness of the topic partition that is furthest behind.

    A partition without unread records is as fresh as its last check, any other as its last event.
    """
    checkpoints = await positions.find().to_list(None)
    records = sum(checkpoint["offset"] for checkpoint in checkpoints)
    latest = [
        max(times)
        for checkpoint in checkpoints
        if (times := [t for name in FRESHNESS_TIMES if (t := checkpoint.get(name)) is not None])
    ]
    if not latest:
        return Freshness(as_of=None, lag_seconds=None, records=records)
    as_of = min(latest)
    lag_seconds = max(0.0, (now - as_of).total_seconds())
    return Freshness(as_of=as_of, lag_seconds=lag_seconds, records=records)


async def records_applied(positions: Collection) -> int:
    checkpoints = await positions.find({}, {"offset": 1}).to_list(None)
    return sum(checkpoint["offset"] for checkpoint in checkpoints)


async def payer_names(payers: Collection, people: Iterable[Mapping[str, Any]]) -> dict[UUID, str]:
    """Names by the payer ids of these people's documents; unknown payers are left out."""
    ids = {person["payer_id"] for person in people if person.get("payer_id") is not None}
    found = await surviving_payers(payers, ids, ("name",))
    names = {payer_id: payer.get("name") for payer_id, payer in found.items()}
    return {payer_id: name for payer_id, name in names.items() if name is not None}


async def surviving_payers(
    payers: Collection, ids: AbstractSet[UUID], fields: Iterable[str]
) -> dict[UUID, Document]:
    """The payers by id; a refused duplicate is replaced by the payer that it duplicates."""
    known: dict[UUID, Document] = {}
    missing = ids
    for _ in range(MAX_DUPLICATE_CHAIN):
        if not missing:
            break
        found = await payers.find(
            {"_id": {"$in": list(missing)}}, {"same_as": 1, **dict.fromkeys(fields, 1)}
        ).to_list(None)
        known |= {payer["_id"]: payer for payer in found}
        missing = {payer["same_as"] for payer in found if payer.get("same_as")} - known.keys()
    return {payer_id: _surviving(payer_id, known) for payer_id in ids & known.keys()}


def _surviving(payer_id: UUID, known: Mapping[UUID, Document]) -> Document:
    """The last known payer of the chain of duplicates."""
    payer = known[payer_id]
    for _ in range(MAX_DUPLICATE_CHAIN):
        survivor = known.get(payer["same_as"]) if payer.get("same_as") else None
        if survivor is None:
            break
        payer = survivor
    return payer
