"""Generations of the read model: sets of collections, one of which the active pointer names.

A rebuild fills a new generation beside the active one and then moves the pointer. Every generation
that is kept has a projector until it is dropped; otherwise erasures would not reach it.
"""

import re
import time
from collections.abc import MutableMapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NotRequired
from uuid import UUID
from weakref import WeakKeyDictionary

from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError
from typing_extensions import TypedDict

from vinculo.query_api.mongo import Collection, Database, Document, collection_of
from vinculo.query_api.person_document.indexes import EVENTS_INDEXES, PEOPLE_INDEXES

READ_MODEL: Final = "read_model"
ACTIVE: Final = "active"
POINTER_CACHE_SECONDS: Final = 1.0
ABANDONED_AFTER: Final = timedelta(minutes=2)


class NoGenerationError(Exception):
    def __init__(self) -> None:
        super().__init__("the read model has no active generation; migrate makes the first one")


class GenerationState(StrEnum):
    LOADING = "loading"
    SERVED = "served"


class GenerationDocument(TypedDict):
    """A document of `read_model`: a generation, or the pointer, which has no state."""

    _id: str
    generation: str
    state: NotRequired[str]
    begun_at: NotRequired[datetime]
    beat_at: NotRequired[datetime]
    served_at: NotRequired[datetime]
    step: NotRequired[str]
    read: NotRequired[int]
    total: NotRequired[int]


class Checkpoint(TypedDict):
    """A document of `positions_…`: how far the projector has read a topic partition.

    `_id` is `topic/partition`, `offset` the next one to read, `lag` the number of records left.
    `session` is that of the worker that owns it. `event_key` is the event id of the record before
    `offset`, by which a topic that was recreated is recognised.
    """

    _id: str
    topic: str
    partition: int
    offset: int
    event_key: NotRequired[str]
    session: NotRequired[UUID]
    lag: NotRequired[int]
    applied_at: NotRequired[datetime]
    event_at: NotRequired[datetime]
    caught_up_at: NotRequired[datetime]


class QuarantinedStream(TypedDict):
    """A document of `quarantine_…`; `_id` is the stream's id.

    Those of older versions of the code have neither reason nor place.
    """

    _id: str
    last_dead_lettered_version: int
    since: datetime
    reason: NotRequired[str]
    subject: NotRequired[UUID | None]
    topic: NotRequired[str | None]
    partition: NotRequired[int | None]
    offset: NotRequired[int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionNames:
    """Names of one generation's collections.

    `positions` has the checkpoint of each topic partition, `quarantine` the quarantined streams,
    and `resolutions` the dead letters that were replayed.
    """

    people: str
    events: str
    payers: str
    policies: str
    messages: str
    counters: str
    positions: str
    quarantine: str
    resolutions: str

    def all(self) -> tuple[str, ...]:
        return astuple(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """`step`, `read` and `total` are the last reported progress of the rebuild that loads it."""

    name: str
    state: GenerationState
    heartbeat_at: datetime | None = None
    served_at: datetime | None = None
    step: str | None = None
    read: int = 0
    total: int = 0

    def is_abandoned(self, now: datetime) -> bool:
        """Whether the rebuild that loads it has sent no heartbeat for two minutes."""
        return self.heartbeat_at is not None and now - self.heartbeat_at > ABANDONED_AFTER


def collection_names(generation: str) -> CollectionNames:
    return CollectionNames(
        people=f"people_{generation}",
        events=f"events_{generation}",
        payers=f"payers_{generation}",
        policies=f"policies_{generation}",
        messages=f"messages_{generation}",
        counters=f"counters_{generation}",
        positions=f"positions_{generation}",
        quarantine=f"quarantine_{generation}",
        resolutions=f"resolutions_{generation}",
    )


_POINTER_CACHE: Final[MutableMapping[Database, tuple[float, str]]] = WeakKeyDictionary()


async def active_generation(database: Database) -> str:
    """The generation that readers use, at most one second out of date.

    Raises:
        NoGenerationError: the read model was never migrated.

    """
    cached = _POINTER_CACHE.get(database)
    now = time.monotonic()
    if cached is not None and now - cached[0] < POINTER_CACHE_SECONDS:
        return cached[1]
    generation = await read_pointer(database)
    if generation is None:
        raise NoGenerationError
    _POINTER_CACHE[database] = (now, generation)
    return generation


async def read_pointer(database: Database) -> str | None:
    """The active generation, straight from the database."""
    pointer = await _documents(database).find_one({"_id": ACTIVE})
    return None if pointer is None else pointer["generation"]


async def generations(database: Database) -> list[Generation]:
    """All that exist, the oldest first."""
    found = await _documents(database).find({"state": {"$exists": True}}).to_list(None)
    return sorted((_generation(document) for document in found), key=lambda each: int(each.name))


async def register_generation(database: Database, now: datetime) -> str:
    """Register the next generation as loading and return its name."""
    while True:
        name = str(await _highest_number(database) + 1)
        try:
            await _documents(database).insert_one(
                {
                    "_id": f"generation-{name}",
                    "generation": name,
                    "state": GenerationState.LOADING.value,
                    "begun_at": now,
                    "beat_at": now,
                }
            )
        except DuplicateKeyError:
            continue
        return name


async def record_heartbeat(
    database: Database, generation: str, now: datetime, *, step: str, read: int, total: int
) -> None:
    """Record that the rebuild of this generation is alive, and its progress."""
    await _documents(database).update_one(
        {"_id": f"generation-{generation}"},
        {"$set": {"beat_at": now, "step": step, "read": read, "total": total}},
    )


async def start_projection(database: Database, generation: str, now: datetime) -> None:
    """Hand a loaded generation over to the projectors."""
    await _documents(database).update_one(
        {"_id": f"generation-{generation}"},
        {"$set": {"state": GenerationState.SERVED.value, "served_at": now}},
    )


async def point_readers_to(database: Database, generation: str) -> None:
    """Make this generation the active one."""
    await _documents(database).update_one(
        {"_id": ACTIVE}, {"$set": {"generation": generation}}, upsert=True
    )


async def drop_generation(database: Database, generation: str) -> None:
    """Drop the collections; the generation's projectors stop within two seconds."""
    await _documents(database).delete_one({"_id": f"generation-{generation}"})
    for collection in collection_names(generation).all():
        await database.drop_collection(collection)


async def ensure_first_generation(database: Database, now: datetime) -> str:
    """The active generation with up-to-date indexes, made if there is none."""
    generation = await read_pointer(database)
    if generation is None:
        generation = await register_generation(database, now)
        await ensure_indexes(database, generation)
        await start_projection(database, generation, now)
        await point_readers_to(database, generation)
    else:
        await ensure_indexes(database, generation)
    return generation


async def ensure_indexes(database: Database, generation: str) -> None:
    """Make the generation's collections and indexes; idempotent.

    Collections are made here because a transaction must not make them. An index whose fields have
    changed is dropped and made again; until then lists in its order cannot be read.
    """
    names = collection_names(generation)
    existing = set(await database.list_collection_names())
    for name in names.all():
        if name not in existing:
            await database.create_collection(name)
    await _ensure_indexes_of(database[names.people], PEOPLE_INDEXES)
    await _ensure_indexes_of(database[names.events], EVENTS_INDEXES)


async def _ensure_indexes_of(
    collection: Collection[Document], indexes: Sequence[IndexModel]
) -> None:
    existing = await collection.index_information()
    for index in indexes:
        name, fields = index.document["name"], list(index.document["key"].items())
        if name in existing and existing[name]["key"] != fields:
            await collection.drop_index(name)
    await collection.create_indexes(list(indexes))


async def _highest_number(database: Database) -> int:
    """The highest number in use, counting collections that no generation refers to any more."""
    names = [generation.name for generation in await generations(database)]
    orphans = (
        re.fullmatch(r"people_(\d+)", collection)
        for collection in await database.list_collection_names()
    )
    names.extend(found.group(1) for found in orphans if found)
    return max((int(name) for name in names), default=0)


def _documents(database: Database) -> Collection[GenerationDocument]:
    return collection_of(database, READ_MODEL, GenerationDocument)


def _generation(document: GenerationDocument) -> Generation:
    return Generation(
        name=document["generation"],
        state=GenerationState(document["state"]),
        heartbeat_at=document.get("beat_at"),
        served_at=document.get("served_at"),
        step=document.get("step"),
        read=document.get("read", 0),
        total=document.get("total", 0),
    )
