"""What operators do with generations: list them, make another one active, drop one.

Making a generation active is as careful as a rebuild: first it has its indexes, and lacks nothing
that the active one has.
"""

import asyncio
import time
from datetime import datetime
from typing import Final

from vinculo.query_api.generations import (
    Checkpoint,
    Generation,
    GenerationState,
    collection_names,
    drop_generation,
    ensure_indexes,
    generations,
    point_readers_to,
    read_pointer,
)
from vinculo.query_api.mongo import Database, collection_of
from vinculo.query_api.rebuild.progress import Print
from vinculo.query_api.rebuild.verification import StreamLag, lagging_streams, still_lagging

CHECK_INTERVAL_SECONDS: Final = 0.2
TIMEOUT_SECONDS: Final = 30.0


class GenerationRefused(Exception):
    """The message is the reason, as a sentence."""


async def describe_generations(database: Database, now: datetime) -> list[str]:
    """One line per generation, the oldest first."""
    active = await read_pointer(database)
    return [
        f"{each.name}\t{_description(each, active, now)}" for each in await generations(database)
    ]


def _description(each: Generation, active: str | None, now: datetime) -> str:
    if each.state is GenerationState.SERVED:
        return "active" if each.name == active else "kept"
    if each.is_abandoned(now):
        return "abandoned"
    share = f"{each.read / each.total:.0%}" if each.total else "0%"
    return f"loading: {each.step}, {each.read:,} of {each.total:,} records ({share})"


async def make_active(
    database: Database, name: str, output: Print, *, timeout_seconds: float = TIMEOUT_SECONDS
) -> None:
    """Have readers use this generation.

    Raises:
        GenerationRefused: it is unknown, not loaded yet, or behind; nothing was changed.

    """
    chosen = await _find(database, name)
    if chosen.state is not GenerationState.SERVED:
        raise GenerationRefused(f"generation {name} is still being loaded")
    active = await read_pointer(database)
    if active == name:
        output(f"generation {name} is active already")
        return
    await ensure_indexes(database, name)
    if active is not None:
        output(f"comparing with generation {active}")
        await _wait_until_level(database, active, name, timeout_seconds)
    await point_readers_to(database, name)
    output(f"generation {name} is active")


async def drop_unused(database: Database, name: str, now: datetime) -> None:
    """Drop a generation.

    Raises:
        GenerationRefused: it is unknown, active, or being loaded by a rebuild.

    """
    chosen = await _find(database, name)
    if name == await read_pointer(database):
        raise GenerationRefused(f"generation {name} is the active one")
    if chosen.state is GenerationState.LOADING and not chosen.is_abandoned(now):
        raise GenerationRefused(f"generation {name} is being loaded by a rebuild")
    await drop_generation(database, name)


async def _find(database: Database, name: str) -> Generation:
    for each in await generations(database):
        if each.name == name:
            return each
    raise GenerationRefused(f"there is no generation {name}")


async def _wait_until_level(
    database: Database, active: str, name: str, timeout_seconds: float
) -> None:
    """Wait for the generation's projector, which may be a moment behind."""
    deadline = time.monotonic() + timeout_seconds
    lags = [lag async for lag in lagging_streams(database, active, name)]
    ends = await _offsets(database, active)
    while lags or not _has_reached(await _offsets(database, name), ends):
        if time.monotonic() >= deadline:
            raise GenerationRefused(_lag_message(name, active, lags))
        await asyncio.sleep(CHECK_INTERVAL_SECONDS)
        lags = await still_lagging(database, name, lags)


async def _offsets(database: Database, generation: str) -> dict[str, int]:
    positions = collection_of(database, collection_names(generation).positions, Checkpoint)
    found = await positions.find({}, {"offset": 1}).to_list(None)
    return {each["_id"]: each["offset"] for each in found}


def _has_reached(offsets: dict[str, int], ends: dict[str, int]) -> bool:
    return all(offsets.get(each, 0) >= end for each, end in ends.items())


def _lag_message(name: str, active: str, lags: list[StreamLag]) -> str:
    first = ", ".join(str(lag) for lag in lags[:5])
    what = f"{len(lags)} streams: {first}" if lags else "records that are not applied yet"
    return f"generation {name} is behind generation {active} by {what}"
