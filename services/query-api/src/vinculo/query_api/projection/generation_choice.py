"""Which generation readers use: to look at all, to go to another and back, to drop one.

Going to a generation is as careful as a rebuild: it has its indexes and lacks nothing of what the
active one shows.
"""

import asyncio
import time
from datetime import datetime
from typing import Final

from vinculo.query_api import generations
from vinculo.query_api.generations import Generation, State, collection_names
from vinculo.query_api.indexes import make_indexes
from vinculo.query_api.mongo import Database
from vinculo.query_api.projection.progress import Say
from vinculo.query_api.projection.supervisor import is_abandoned
from vinculo.query_api.projection.verify import Behind, behind, still_behind

LOOK_EVERY_SECONDS: Final = 0.2
PATIENCE_SECONDS: Final = 30.0


class GenerationRefusedError(Exception):
    """The message says why, as a sentence."""


async def describe(database: Database, now: datetime) -> list[str]:
    """A line for each generation, the oldest first."""
    active = await generations.read_pointer(database)
    return [
        f"{each.name}\t{_state(each, active, now)}"
        for each in await generations.generations(database)
    ]


def _state(each: Generation, active: str | None, now: datetime) -> str:
    if each.state is State.SERVED:
        return "active" if each.name == active else "kept"
    if is_abandoned(each, now):
        return "abandoned"
    share = f"{each.read / each.total:.0%}" if each.total else "0%"
    return f"loading: {each.step}, {each.read:,} of {each.total:,} records ({share})"


async def use(
    database: Database, name: str, say: Say, *, patience_seconds: float = PATIENCE_SECONDS
) -> None:
    """Have readers use this generation. Raises GenerationRefusedError, and has changed nothing."""
    chosen = await _find(database, name)
    if chosen.state is not State.SERVED:
        raise GenerationRefusedError(f"generation {name} is still being loaded")
    active = await generations.read_pointer(database)
    if active == name:
        say(f"generation {name} is active already")
        return
    await make_indexes(database, name)
    if active is not None:
        say(f"comparing with generation {active}")
        await _wait_until_level(database, active, name, patience_seconds)
    await generations.switch(database, name)
    say(f"generation {name} is active")


async def drop(database: Database, name: str, now: datetime) -> None:
    """Raises GenerationRefusedError for the active one, and for one that a rebuild loads."""
    chosen = await _find(database, name)
    if name == await generations.read_pointer(database):
        raise GenerationRefusedError(f"generation {name} is the active one")
    if chosen.state is State.LOADING and not is_abandoned(chosen, now):
        raise GenerationRefusedError(f"generation {name} is being loaded by a rebuild")
    await generations.drop(database, name)


async def _find(database: Database, name: str) -> Generation:
    for each in await generations.generations(database):
        if each.name == name:
            return each
    raise GenerationRefusedError(f"there is no generation {name}")


async def _wait_until_level(
    database: Database, active: str, name: str, patience_seconds: float
) -> None:
    """Its projector may be a moment behind; if it never comes up, something is wrong with it."""
    until = time.monotonic() + patience_seconds
    findings = [each async for each in behind(database, active, name)]
    ends = await _offsets(database, active)
    while findings or not _reached(await _offsets(database, name), ends):
        if time.monotonic() >= until:
            raise GenerationRefusedError(_lacking(name, active, findings))
        await asyncio.sleep(LOOK_EVERY_SECONDS)
        findings = await still_behind(database, name, findings)


async def _offsets(database: Database, generation: str) -> dict[str, int]:
    positions = database[collection_names(generation).positions]
    found = await positions.find({}, {"offset": 1}).to_list(None)
    return {each["_id"]: int(each["offset"]) for each in found}


def _reached(offsets: dict[str, int], ends: dict[str, int]) -> bool:
    return all(offsets.get(each, 0) >= end for each, end in ends.items())


def _lacking(name: str, active: str, findings: list[Behind]) -> str:
    first = ", ".join(f"{each.family} {each.id} {each.stream}" for each in findings[:5])
    what = f"{len(findings)} streams: {first}" if findings else "records that are not applied yet"
    return f"generation {name} is behind generation {active} by {what}"
