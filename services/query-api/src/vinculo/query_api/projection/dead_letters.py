"""Listing, replaying and giving up what the projector set aside."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from vinculo.messaging import DeadLetter, read_dead_letters
from vinculo.query_api.generations import Collections, State, collection_names, generations
from vinculo.query_api.projection.discards import (
    discard,
    note_applied,
    read_applied,
    read_discards,
)
from vinculo.query_api.projection.live_store import LiveStore
from vinculo.query_api.projection.naming import dead_letter_group
from vinculo.query_api.projection.process import Parts, live_projection, utc_now
from vinculo.query_api.projection.projection import Projection
from vinculo.query_api.projection.records import Reader
from vinculo.query_api.projection.replay import Letter, Replayed, replay, stream_of


class NotADeadLetterError(Exception):
    def __init__(self, place: str) -> None:
        super().__init__(f"{place} is not among the dead letters")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedGeneration:
    generation: str
    released: Sequence[str]
    still_waiting: Sequence[str]
    failed: Sequence[str]


async def listed(parts: Parts) -> list[DeadLetter]:
    """Those of waiting streams, and those set aside alone that nothing has become of yet."""
    database = parts.mongo.database
    discarded = await read_discards(database)
    settled = discarded | await read_applied(database)
    reader = Reader(parts.settings.vinculo_topic_prefix, discarded)
    waiting = {
        stream_id
        for each in await _served(parts)
        for stream_id in await _waiting(parts, collection_names(each))
    }
    return [
        letter
        for letter in await _set_aside(parts)
        if _still_waits(reader, letter, waiting, settled)
    ]


def _still_waits(
    reader: Reader, letter: DeadLetter, waiting: Container[str], settled: Container[str]
) -> bool:
    if letter.topic not in reader.topics:
        return False
    stream = stream_of(reader.read(letter.record))
    return letter.name not in settled if stream is None else stream[0] in waiting


async def _set_aside(parts: Parts) -> list[DeadLetter]:
    """Everything that ever was."""
    return await read_dead_letters(parts.settings.vinculo_kafka, dead_letter_group(parts.settings))


async def _served(parts: Parts) -> list[str]:
    found = await generations(parts.mongo.database)
    return [each.name for each in found if each.state is State.SERVED]


async def discard_letter(parts: Parts, place: str, now: datetime) -> bool:
    """Give a dead letter up; raises NotADeadLetterError. False when it was given up before."""
    if place not in {letter.name for letter in await _set_aside(parts)}:
        raise NotADeadLetterError(place)
    return await discard(parts.mongo.database, place, now)


async def replay_all(parts: Parts) -> list[ReplayedGeneration]:
    """Into every generation that is served, those kept to go back to included."""
    return [await _replay_into(parts, generation) for generation in await _served(parts)]


async def _replay_into(parts: Parts, generation: str) -> ReplayedGeneration:
    discarded = await read_discards(parts.mongo.database)
    store = LiveStore(parts.mongo, generation, utc_now)
    projection = live_projection(parts, store, generation, discarded)
    try:
        return await _replay_while_it_helps(parts, generation, projection, discarded)
    finally:
        await store.close()


async def _replay_while_it_helps(
    parts: Parts, generation: str, projection: Projection, discarded: frozenset[str]
) -> ReplayedGeneration:
    """Again while streams get on: the projector may set more aside in the meantime."""
    names = collection_names(generation)
    released: list[str] = []
    while True:
        waiting = await _waiting(parts, names)
        letters = await _letters(parts, discarded, waiting)
        replayed = await replay(letters, projection)
        await note_applied(parts.mongo.database, _applied_alone(letters, replayed), utc_now())
        freed = await _release(parts, names, waiting, replayed)
        released += freed
        left = await _waiting(parts, names)
        if not freed or not left:
            return ReplayedGeneration(
                generation=generation,
                released=released,
                still_waiting=sorted(left),
                failed=[_place(letter) for letter in replayed.failed],
            )


async def _waiting(parts: Parts, names: Collections) -> dict[str, int]:
    rows = await parts.mongo.database[names.quarantine].find().to_list(None)
    return {row["_id"]: row["last_dead_lettered_version"] for row in rows}


async def _letters(
    parts: Parts, discarded: frozenset[str], waiting: dict[str, int]
) -> list[Letter]:
    """Those of waiting streams, and those set aside alone."""
    reader = Reader(parts.settings.vinculo_topic_prefix, discarded)
    letters = [
        reader.read(letter.record)
        for letter in await _set_aside(parts)
        if letter.topic in reader.topics
    ]
    return [
        letter
        for letter in letters
        if (stream := stream_of(letter)) is None or stream[0] in waiting
    ]


async def _release(
    parts: Parts, names: Collections, waiting: dict[str, int], replayed: Replayed
) -> list[str]:
    """Only where nothing later was set aside since."""
    freed = []
    for stream_id in waiting:
        applied = replayed.versions.get(stream_id, 0)
        deleted = await parts.mongo.database[names.quarantine].delete_one(
            {"_id": stream_id, "last_dead_lettered_version": {"$lte": applied}}
        )
        if deleted.deleted_count:
            freed.append(stream_id)
    return freed


def _applied_alone(letters: Iterable[Letter], replayed: Replayed) -> list[str]:
    return [
        _place(letter)
        for letter in letters
        if stream_of(letter) is None and letter not in replayed.failed
    ]


def _place(letter: Letter) -> str:
    record = letter.record
    return f"{record.topic}/{record.partition}/{record.offset}"
