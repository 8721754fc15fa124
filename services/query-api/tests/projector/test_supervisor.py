"""Projectors that fail or do not poll any more are replaced; the process goes on."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import cast

import pytest

from vinculo.events import utc_now
from vinculo.query_api.mongo import Mongo, connect
from vinculo.query_api.projector.consumer import ProjectorConsumer
from vinculo.query_api.projector.supervisor import STUCK_AFTER_SECONDS, StuckError, Supervisor
from vinculo.testing.fixture_types import Eventually, MongoUrl
from vinculo.testing.waiting import running_in_background

from ..query_service import make_generation

pytestmark = pytest.mark.servers


@dataclass
class FakeProjector:
    run: Callable[[], Awaitable[None]]
    last_poll_at: float


@pytest.fixture
async def mongo(mongo_url: MongoUrl) -> AsyncIterator[Mongo]:
    mongo = connect(mongo_url("query"))
    await make_generation(mongo, [])
    yield mongo
    await mongo.close()


async def never() -> None:
    await asyncio.Event().wait()


async def fail() -> None:
    raise ConnectionResetError


@pytest.mark.parametrize(
    ("run", "age_seconds"), [(fail, 0.0), (never, STUCK_AFTER_SECONDS + 1)], ids=["fails", "hangs"]
)
async def test_a_projector_is_replaced(
    mongo: Mongo,
    eventually: Eventually,
    run: Callable[[], Awaitable[None]],
    age_seconds: float,
) -> None:
    made: list[FakeProjector] = []

    def make_projector(_: str) -> ProjectorConsumer:
        first = not made
        polled_at = time.monotonic() - (age_seconds if first else 0)
        made.append(FakeProjector(run if first else never, polled_at))
        return cast("ProjectorConsumer", made[-1])

    supervisor = Supervisor(mongo.database, make_projector, utc_now)
    async with running_in_background(supervisor.run()) as supervising:
        await eventually(lambda: len(made) == 2)
        await supervisor.check()
        assert not supervising.done()


async def test_a_projector_that_does_not_poll_is_not_ready(mongo: Mongo) -> None:
    stuck = FakeProjector(never, time.monotonic() - STUCK_AFTER_SECONDS - 1)
    supervisor = Supervisor(mongo.database, lambda _: cast("ProjectorConsumer", stuck), utc_now)
    supervisor._running["1"] = (  # noqa: SLF001 - between two checks
        cast("ProjectorConsumer", stuck),
        asyncio.ensure_future(asyncio.sleep(0)),
    )
    with pytest.raises(StuckError):
        await supervisor.check()
