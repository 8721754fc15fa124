"""Generations of the read model: sets of collections, one of which the pointer names as active.

A rebuild fills a new set beside the active one and then moves the pointer. Every set that is kept
has a projector of its own until it is dropped, or erasures would not reach it.
"""

import re
import time
from collections.abc import MutableMapping
from dataclasses import astuple, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from weakref import WeakKeyDictionary

from pymongo.errors import DuplicateKeyError

from vinculo.query_api.mongo import Database, Document

READ_MODEL: Final = "read_model"
ACTIVE: Final = "active"
SECONDS_IN_CACHE: Final = 1.0


class NoGenerationError(Exception):
    def __init__(self) -> None:
        super().__init__("the read model has no active generation; migrate makes the first one")


class State(StrEnum):
    LOADING = "loading"
    SERVED = "served"


@dataclass(frozen=True, slots=True, kw_only=True)
class Collections:
    """Names of one generation's collections.

    `positions` tells up to where each topic partition is applied, `quarantine` which streams wait
    for a repair.
    """

    people: str
    events: str
    payers: str
    policies: str
    messages: str
    counters: str
    positions: str
    quarantine: str

    def all(self) -> tuple[str, ...]:
        return astuple(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """`step`, `read` and `total` tell how far the rebuild is that loads it, or was at last."""

    name: str
    state: State
    beat_at: datetime | None = None
    served_at: datetime | None = None
    step: str | None = None
    read: int = 0
    total: int = 0


def collection_names(generation: str) -> Collections:
    return Collections(
        people=f"people_{generation}",
        events=f"events_{generation}",
        payers=f"payers_{generation}",
        policies=f"policies_{generation}",
        messages=f"messages_{generation}",
        counters=f"counters_{generation}",
        positions=f"positions_{generation}",
        quarantine=f"quarantine_{generation}",
    )


_SEEN: Final[MutableMapping[Database, tuple[float, str]]] = WeakKeyDictionary()


async def active_generation(database: Database) -> str:
    """The generation that readers use, at most one second out of date."""
    seen = _SEEN.get(database)
    now = time.monotonic()
    if seen is not None and now - seen[0] < SECONDS_IN_CACHE:
        return seen[1]
    generation = await read_pointer(database)
    if generation is None:
        raise NoGenerationError
    _SEEN[database] = (now, generation)
    return generation


async def read_pointer(database: Database) -> str | None:
    pointer = await database[READ_MODEL].find_one({"_id": ACTIVE})
    return None if pointer is None else str(pointer["generation"])


async def generations(database: Database) -> list[Generation]:
    """All that exist, the oldest first."""
    found = await database[READ_MODEL].find({"state": {"$exists": True}}).to_list(None)
    return sorted((_generation(document) for document in found), key=lambda each: int(each.name))


async def begin(database: Database, now: datetime) -> str:
    """Register the next generation as loading."""
    while True:
        name = str(await _highest(database) + 1)
        try:
            await database[READ_MODEL].insert_one(
                {
                    "_id": f"generation-{name}",
                    "generation": name,
                    "state": State.LOADING.value,
                    "begun_at": now,
                    "beat_at": now,
                }
            )
        except DuplicateKeyError:
            continue
        return name


async def beat(
    database: Database, generation: str, now: datetime, *, step: str, read: int, total: int
) -> None:
    """Say that the rebuild which loads this generation is alive, and how far it is."""
    await database[READ_MODEL].update_one(
        {"_id": f"generation-{generation}"},
        {"$set": {"beat_at": now, "step": step, "read": read, "total": total}},
    )


async def serve(database: Database, generation: str, now: datetime) -> None:
    """Hand a loaded generation over to the projectors."""
    await database[READ_MODEL].update_one(
        {"_id": f"generation-{generation}"},
        {"$set": {"state": State.SERVED.value, "served_at": now}},
    )


async def exists(database: Database, generation: str) -> bool:
    found = await database[READ_MODEL].find_one({"_id": f"generation-{generation}"})
    return found is not None


async def switch(database: Database, generation: str) -> None:
    """Make readers use this generation."""
    await database[READ_MODEL].update_one(
        {"_id": ACTIVE}, {"$set": {"generation": generation}}, upsert=True
    )


async def drop(database: Database, generation: str) -> None:
    """Drop a generation; its projectors stop within a second or two of it."""
    await database[READ_MODEL].delete_one({"_id": f"generation-{generation}"})
    for collection in collection_names(generation).all():
        await database.drop_collection(collection)


async def _highest(database: Database) -> int:
    """Also counts collections left behind by a pointer that was lost."""
    names = [generation.name for generation in await generations(database)]
    left_behind = (
        re.fullmatch(r"people_(\d+)", collection)
        for collection in await database.list_collection_names()
    )
    names.extend(found.group(1) for found in left_behind if found)
    return max((int(name) for name in names), default=0)


def _generation(document: Document) -> Generation:
    return Generation(
        name=document["generation"],
        state=State(document["state"]),
        beat_at=document.get("beat_at"),
        served_at=document.get("served_at"),
        step=document.get("step"),
        read=document.get("read", 0),
        total=document.get("total", 0),
    )
