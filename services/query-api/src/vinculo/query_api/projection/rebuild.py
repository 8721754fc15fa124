"""Rebuilding the read model: a new generation from the log's beginning, then the pointer moves.

The rebuild loads by itself, in its own process and without a consumer group, so that the live
projector is not slowed. From the moment the new generation is served, the projectors follow it
from the positions that the load reached. Readers see the old one until the pointer is moved.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from vinculo.messaging import DeadLetters, read_dead_letters
from vinculo.query_api import generations
from vinculo.query_api.generations import SECONDS_IN_CACHE, State, collection_names
from vinculo.query_api.indexes import make_indexes
from vinculo.query_api.mongo import Database
from vinculo.query_api.projection.loader import Loader, SetAsideInMemory
from vinculo.query_api.projection.loading_store import LoadingStore
from vinculo.query_api.projection.positions import load_positions
from vinculo.query_api.projection.progress import RebuildProgress
from vinculo.query_api.projection.projection import Projection
from vinculo.query_api.projection.records import Reader
from vinculo.query_api.projection.replay import replay
from vinculo.query_api.projection.shares import Ends
from vinculo.query_api.projection.supervisor import is_abandoned
from vinculo.query_api.projection.verify import Behind, behind, still_behind


class RebuildRefusedError(Exception):
    """Another rebuild is at work."""

    def __init__(self, generation: str) -> None:
        super().__init__(f"generation {generation} is being loaded by another rebuild")


class RebuildFailedError(Exception):
    """The new generation knows less than the active one; it was dropped, nothing has changed."""

    def __init__(self, findings: list[Behind]) -> None:
        first = ", ".join(f"{each.family} {each.id} {each.stream}" for each in findings[:5])
        super().__init__(f"{len(findings)} streams are behind the active generation: {first}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A generation being loaded and the parts that load it.

    `first_pass` loads the log up to these ends, in this process or in others.
    """

    generation: str
    loader: Loader
    store: LoadingStore
    projection: Projection
    reader: Reader
    set_aside: SetAsideInMemory
    first_pass: Callable[[Ends], Awaitable[None]]


async def begin_load(database: Database, now: datetime) -> str:
    """Register the new generation; drop what dead rebuilds left."""
    for each in await generations.generations(database):
        if each.state is State.LOADING:
            if not is_abandoned(each, now):
                raise RebuildRefusedError(each.name)
            await generations.drop(database, each.name)
    return await generations.begin(database, now)


async def load_and_switch(
    load: Load,
    database: Database,
    dead_letters: DeadLetters,
    *,
    placed: frozenset[str],
    keep: bool,
    clock: Callable[[], datetime],
    progress: RebuildProgress,
) -> None:
    """Load, compare, hand over, move the pointer, drop the old one unless it is to be kept.

    `placed` names the records that are among the dead letters already.
    """
    active = await generations.read_pointer(database)
    await load.first_pass(await load.loader.ends())
    await progress.step("making the indexes")
    await make_indexes(database, load.generation)
    await _catch_up(load)
    if active is not None:
        await progress.step(f"comparing with generation {active}")
        await _compare(load, database, active)
    await _hand_over(load, database, dead_letters, placed=placed, now=clock())
    await generations.switch(database, load.generation)
    await progress.step(f"generation {load.generation} is active")
    if active is not None and not keep:
        # Readers look the pointer up once per this time; the old one must outlive their last look.
        await asyncio.sleep(2 * SECONDS_IN_CACHE)
        await generations.drop(database, active)
        await progress.step(f"generation {active} is dropped")


async def _catch_up(load: Load) -> None:
    """Read to where the log ends now, and heal what was set aside and healed before."""
    await load.loader.read_to(await load.loader.ends())
    await _heal(load)
    await load.store.flush()


async def _heal(load: Load) -> None:
    letters = [load.reader.read(record) for record, _ in load.set_aside.records]
    replayed = await replay(letters, load.projection)
    for stream_id, last in dict(load.store.waiting).items():
        if replayed.versions.get(stream_id, 0) >= last:
            load.store.release(stream_id)
    failed = {id(letter.record) for letter in replayed.failed}
    load.set_aside.records = [each for each in load.set_aside.records if id(each[0]) in failed]


async def _compare(load: Load, database: Database, active: str) -> None:
    """What is behind may only be so because the active one read on: then reading on mends it."""
    findings = [each async for each in behind(database, active, load.generation)]
    if findings:
        await _catch_up(load)
        findings = await still_behind(database, load.generation, findings)
    if findings:
        raise RebuildFailedError(findings)


async def _hand_over(
    load: Load,
    database: Database,
    dead_letters: DeadLetters,
    *,
    placed: frozenset[str],
    now: datetime,
) -> None:
    """The dead letters first, then the rows that say they are there, then the positions."""
    for record, error in load.set_aside.records:
        if f"{record.topic}/{record.partition}/{record.offset}" not in placed:
            await dead_letters.put(record, error)
    await load.store.finish()
    names = collection_names(load.generation)
    await load_positions(database[names.positions], load.loader.positions, now)
    await generations.serve(database, load.generation, now)


async def places_of_dead_letters(kafka: str, group: str) -> frozenset[str]:
    return frozenset(letter.name for letter in await read_dead_letters(kafka, group))
