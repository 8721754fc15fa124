"""A projector that has records and applies none is reported."""

import asyncio
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from vinculo.query_api.projector.document_checkpoints import BatchChanges
from vinculo.query_api.projector.live_store import LiveStore
from vinculo.testing.fixture_types import Eventually

from ..event_samples import lifecycle, person_id
from ..projector_harness import ProjectorHarness

pytestmark = pytest.mark.servers

LIMIT_SECONDS = 0.6


def stalled() -> float | None:
    return REGISTRY.get_sample_value("vinculo_projector_stalled_partitions", {"generation": "1"})


async def test_a_write_that_never_returns_is_a_stall(
    harness: ProjectorHarness, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = harness.dependencies.settings.model_copy(
        update={"vinculo_stalled_after_seconds": LIMIT_SECONDS}
    )
    harness.dependencies = replace(harness.dependencies, settings=settings)
    released = asyncio.Event()
    save = LiveStore.save

    async def hang(store: LiveStore, changes: BatchChanges) -> None:
        await released.wait()
        await save(store, changes)

    monkeypatch.setattr(LiveStore, "save", hang)
    await harness.make_keys(person_id(0))
    streams = lifecycle(0)
    await harness.publish_all([sample for stream in streams for sample in stream])

    async with harness.running_projectors():
        await eventually(lambda: (stalled() or 0) > 0)
        released.set()
        await eventually(harness.has_projected_everything)
        await eventually(lambda: stalled() == 0)

    released.clear()
    async with harness.running_projectors():  # there is nothing left to apply
        await harness.publish_all([streams[0][0]])  # again, which changes the read model not
        await eventually(lambda: (stalled() or 0) > 0)
        released.set()
        await eventually(lambda: stalled() == 0)
