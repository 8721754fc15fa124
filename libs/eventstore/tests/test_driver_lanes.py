"""Connections kept at hand are closed with their engine, whenever that is."""

import asyncio
from typing import Any

import asyncpg
import pytest

from vinculo.eventstore import create_engine
from vinculo.eventstore.driver_lanes import DriverLanes
from vinculo.testing.fixture_types import NewDatabase

pytestmark = pytest.mark.servers


@pytest.mark.parametrize("lanes_used", [1, 4])
@pytest.mark.parametrize("ticks", [0, 1, 2])
async def test_disposing_the_engine_closes_what_is_kept_or_just_given_back(
    new_database: NewDatabase, ticks: int, lanes_used: int
) -> None:
    engine = create_engine(await new_database(name="lanes"))
    lanes = DriverLanes(engine)
    used: list[asyncpg.Connection[Any]] = []
    at_once = asyncio.Barrier(lanes_used)

    async def work(driver: "asyncpg.Connection[Any]") -> None:
        used.append(driver)
        await at_once.wait()

    await asyncio.gather(*(lanes.autocommit(work) for _ in range(lanes_used)))
    for _ in range(ticks):
        lanes._tick()  # noqa: SLF001 - the moment between giving back and having been given back
    await engine.dispose()

    assert [driver.is_closed() for driver in used] == [True] * lanes_used
