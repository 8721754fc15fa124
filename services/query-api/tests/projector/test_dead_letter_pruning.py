"""Dead letters of the read model are deleted when every served generation has resolved them."""

from datetime import datetime, timedelta

import pytest
from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from vinculo.events import utc_now
from vinculo.messaging import dead_letter_retention as retention
from vinculo.messaging import read_dead_letters
from vinculo.messaging.dead_letters import read_dead_letter_records
from vinculo.query_api.generations import (
    drop_generation,
    ensure_indexes,
    generations,
    register_generation,
    start_projection,
)
from vinculo.query_api.projector.dependencies import dead_letter_group, dead_letter_pruning
from vinculo.testing.fixture_types import Eventually

from ..event_samples import lifecycle, person_id
from ..projector_harness import ProjectorHarness

pytestmark = pytest.mark.servers


def after_the_retention() -> datetime:
    return utc_now() + timedelta(days=91)


async def dead_letters(harness: ProjectorHarness) -> int:
    settings = harness.dependencies.settings
    return len(await read_dead_letters(settings.vinculo_kafka, dead_letter_group(settings)))


async def prune(harness: ProjectorHarness) -> int:
    """Run the job after the retention; how many dead letters are left."""
    assert await dead_letter_pruning(harness.dependencies, after_the_retention).run_once()
    return await dead_letters(harness)


async def test_dead_letters_are_deleted_once_no_generation_needs_them(
    harness: ProjectorHarness, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    await harness.make_keys(person_id(0))
    unreadable, *rest = lifecycle(0)[0]
    database = harness.dependencies.mongo.database
    resolutions = database["resolutions_1"]

    async def are_quarantined() -> bool:
        return await dead_letters(harness) == 1 + len(rest)

    async with harness.running_projectors():
        await harness.publish(unreadable, b"poison")
        await harness.publish_all(rest)
        await eventually(are_quarantined)
        assert await prune(harness) == 1 + len(rest), "their stream waits for them"

        await harness.publish_all([unreadable])
        await eventually(lambda: dead_letters_reach(harness, 2 + len(rest)))
        await harness.replay_dead_letters()
    assert await harness.pending_dead_letters() == []
    assert await resolutions.count_documents({}) > 0

    loading = await register_generation(database, utc_now())
    assert await prune(harness) == 2 + len(rest), "a rebuild has read them"
    await drop_generation(database, loading)

    async def read_while_a_rebuild_ends(kafka: str, group: str) -> list[ConsumerRecord]:
        served = await register_generation(database, utc_now())
        await ensure_indexes(database, served)
        await start_projection(database, served, utc_now())
        return await read_dead_letter_records(kafka, group)

    monkeypatch.setattr(retention, "read_dead_letter_records", read_while_a_rebuild_ends)
    assert await prune(harness) == 2 + len(rest), "the new generation was not asked"
    monkeypatch.undo()
    for each in await generations(database):
        if each.name != "1":
            await drop_generation(database, each.name)

    assert await dead_letter_pruning(harness.dependencies).run_once()
    assert await dead_letters(harness) == 2 + len(rest), "they are young"

    assert await prune(harness) == 0
    assert await resolutions.count_documents({}) == 0
    assert await harness.pending_dead_letters() == []


async def dead_letters_reach(harness: ProjectorHarness, expected: int) -> bool:
    return await dead_letters(harness) >= expected
