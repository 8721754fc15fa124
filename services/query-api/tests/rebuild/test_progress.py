"""Progress and heartbeats of a rebuild."""

from typing import Any

import pytest

from vinculo.events import utc_now
from vinculo.query_api import generations
from vinculo.query_api.rebuild.progress import RebuildProgress
from vinculo.testing.fixture_types import Eventually

from ..projector_harness import ProjectorHarness


def print_nothing(_: str) -> None:
    pass


@pytest.mark.servers
async def test_a_rebuild_sends_heartbeats_during_a_long_step(
    harness: ProjectorHarness, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vinculo.query_api.rebuild.progress.INTERVAL_SECONDS", 0.01)
    database = harness.dependencies.mongo.database
    name = await generations.register_generation(database, utc_now())
    progress = RebuildProgress(database, name, utc_now, print_nothing)

    async def heartbeats() -> set[Any]:
        found = await generations.generations(database)
        seen.update(each.heartbeat_at for each in found if each.name == name)
        return seen if len(seen) > 2 else set()

    seen: set[Any] = set()
    async with progress.heartbeat():
        await eventually(heartbeats)
