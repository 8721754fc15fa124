"""The active generation of the read model, as the API and the exporter read it."""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from vinculo.httpapi import POSITION_HEADER, encode_position
from vinculo.query_api.generations import active_generation, collection_names
from vinculo.query_api.mongo import Collection, Database, Document


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Collections:
    people: Collection
    events: Collection
    payers: Collection
    counters: Collection
    positions: Collection


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """`as_of` is None before the projector has reported for the first time."""

    as_of: datetime | None
    lag_seconds: float | None
    records: int

    def headers(self) -> dict[str, str]:
        position = {POSITION_HEADER: encode_position(LOG, self.records)}
        if self.lag_seconds is None:
            return position
        return {**position, "Vinculo-Lag": f"{self.lag_seconds:.3f}"}


class ReadModel:
    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def collections(self) -> Collections:
        """Those of the generation in service; asked for at each request, as it may be switched."""
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


LOG: Final = "log"
"""Stands for a stream in positions that reads give."""

MOMENTS: Final = ("caught_up_at", "event_at")


async def read_freshness(positions: Collection, now: datetime) -> Freshness:
    """What the furthest behind of all topic partitions had reached.

    A partition with nothing left to read is as fresh as its last look; another as its last event.
    """
    known = await positions.find().to_list(None)
    records = sum(position["offset"] for position in known)
    reached = [
        max(moments)
        for position in known
        if (moments := [m for name in MOMENTS if (m := position.get(name)) is not None])
    ]
    if not reached:
        return Freshness(as_of=None, lag_seconds=None, records=records)
    as_of = min(reached)
    lag_seconds = max(0.0, (now - as_of).total_seconds())
    return Freshness(as_of=as_of, lag_seconds=lag_seconds, records=records)


async def records_applied(positions: Collection) -> int:
    known = await positions.find({}, {"offset": 1}).to_list(None)
    return sum(position["offset"] for position in known)


LONGEST_CHAIN: Final = 4
"""A survivor may be refused as a duplicate later on; nobody does so for ever."""


async def payer_names(payers: Collection, people: Iterable[Mapping[str, Any]]) -> dict[UUID, str]:
    """Names by the payer id that the people's documents hold; unknown payers are left out."""
    wanted = {person["payer_id"] for person in people if person.get("payer_id") is not None}
    found = await surviving_payers(payers, wanted, ("name",))
    names = {payer_id: payer.get("name") for payer_id, payer in found.items()}
    return {payer_id: name for payer_id, name in names.items() if name is not None}


async def surviving_payers(
    payers: Collection, wanted: AbstractSet[UUID], fields: Iterable[str]
) -> dict[UUID, Document]:
    """By each id that is wanted and known, the payer at the end of its chain."""
    known: dict[UUID, Document] = {}
    missing = wanted
    for _ in range(LONGEST_CHAIN):
        if not missing:
            break
        found = await payers.find(
            {"_id": {"$in": list(missing)}}, {"same_as": 1, **dict.fromkeys(fields, 1)}
        ).to_list(None)
        known |= {payer["_id"]: payer for payer in found}
        missing = {payer["same_as"] for payer in found if payer.get("same_as")} - known.keys()
    return {payer_id: _surviving(payer_id, known) for payer_id in wanted & known.keys()}


def _surviving(payer_id: UUID, known: Mapping[UUID, Document]) -> Document:
    """The payer at the end of the chain, as far as it is known."""
    payer = known[payer_id]
    for _ in range(LONGEST_CHAIN):
        survivor = known.get(payer["same_as"]) if payer.get("same_as") else None
        if survivor is None:
            break
        payer = survivor
    return payer
