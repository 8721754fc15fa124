"""Operators make generations active and drop them; readers notice no interruption."""

import asyncio
import re
from typing import Any

import httpx2
import pytest

from vinculo.access import Role
from vinculo.events import utc_now
from vinculo.query_api import commands, generations
from vinculo.query_api.generations import (
    collection_names,
    ensure_indexes,
    read_pointer,
)
from vinculo.query_api.rebuild.generation_admin import GenerationRefused, drop_unused, make_active
from vinculo.query_api.rebuild.orchestration import rebuild
from vinculo.query_api.rebuild.progress import RebuildProgress
from vinculo.testing.fixture_types import Eventually, MakeBucket

from ..event_samples import EventSample, lifecycle, payer, person_id
from ..projector_harness import ProjectorHarness
from ..query_service import query_service, token

LISTS = ("registrations", "customers", "pre-customers")


def events_of(*numbers: int) -> list[EventSample]:
    return [sample for number in numbers for stream in lifecycle(number) for sample in stream]


def print_nothing(_: str) -> None:
    pass


async def lists(client: httpx2.AsyncClient) -> list[Any]:
    """All pages that readers see, without their freshness."""
    shown = []
    for name in LISTS:
        parameters: dict[str, Any] = {"limit": 7, "sort": "name", "q": "núñez"}
        while True:
            response = await client.get(
                f"/query/v1/{name}", params=parameters, headers=token(Role.VIEWER)
            )
            assert response.status_code == 200, response.text
            body = response.json()
            shown.append((body["items"], body["total_to_date"], body["total_matching"]))
            if body["next_cursor"] is None:
                break
            parameters["cursor"] = body["next_cursor"]
    return shown


@pytest.mark.servers
async def test_lists_are_the_same_during_and_after_a_rebuild(
    harness: ProjectorHarness, eventually: Eventually, bucket: MakeBucket
) -> None:
    await harness.make_keys(*(person_id(n) for n in range(25)))
    await harness.publish_all([*events_of(*range(25)), *payer().events])
    async with (
        harness.running_projectors(),
        query_service(harness.environment["QUERY_MONGO_URL"], bucket("exports")) as (client, _),
    ):
        await eventually(harness.has_projected_everything)
        before = await lists(client)
        assert sum(len(items) for items, _, _ in before) == 50
        rebuilding = asyncio.create_task(
            rebuild(harness.dependencies.settings, keep=False, output=print_nothing)
        )
        readings = 0
        while not rebuilding.done():
            assert await lists(client) == before
            readings += 1
        await rebuilding

        assert readings > 0
        assert await lists(client) == before
        assert await read_pointer(harness.dependencies.mongo.database) == "2"


@pytest.mark.servers
async def test_operators_activate_a_kept_generation_and_drop_it(
    harness: ProjectorHarness, eventually: Eventually, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, database = harness.dependencies.settings, harness.dependencies.mongo.database
    await harness.make_keys(person_id(0), person_id(1))
    await harness.publish_all(events_of(0))
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
        await rebuild(settings, keep=True, output=print_nothing)
        await harness.publish_all(events_of(1))
        assert await commands.use_generation(settings, "1") == 0
        assert await read_pointer(database) == "1"
        assert await commands.list_generations(settings) == 0
        await eventually(harness.has_projected_everything)
        assert await commands.use_generation(settings, "2") == 0
        assert await harness.people("1") == await harness.people("2")
        assert await commands.use_generation(settings, "2") == 0
        assert await commands.remove_generation(settings, "2") == 1
        assert await commands.remove_generation(settings, "1") == 0
        assert await commands.remove_generation(settings, "1") == 1

    output = capsys.readouterr()
    assert [line for line in output.out.splitlines() if "[info" not in line] == [
        "comparing with generation 2",
        "generation 1 is active",
        "1\tactive",
        "2\tkept",
        "comparing with generation 1",
        "generation 2 is active",
        "generation 2 is active already",
    ]
    assert output.err.splitlines() == ["generation 2 is the active one", "there is no generation 1"]
    assert not [n for n in await database.list_collection_names() if n.endswith("_1")]


@pytest.mark.servers
async def test_a_generation_that_is_behind_is_not_activated(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    database = harness.dependencies.mongo.database
    await harness.make_keys(person_id(0))
    await harness.publish_all(events_of(0))
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
        await rebuild(harness.dependencies.settings, keep=True, output=print_nothing)
        await database["people_1"].update_one(
            {"_id": person_id(0)}, {"$set": {"registry.version": 1}}
        )

        with pytest.raises(GenerationRefused, match=f"people {person_id(0)} registry"):
            await make_active(database, "1", print_nothing, timeout_seconds=0.5)

    assert await read_pointer(database) == "2"


@pytest.mark.servers
async def test_a_generation_without_a_projector_is_not_activated(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    database = harness.dependencies.mongo.database
    async with harness.running_projectors():
        await harness.make_keys(person_id(0))
        await harness.publish_all(events_of(0))
        await eventually(harness.has_projected_everything)
        empty = await generations.register_generation(database, utc_now())
        await ensure_indexes(database, empty)
    await generations.start_projection(database, empty, utc_now())
    names = collection_names("1")
    for kind in (names.people, names.messages):
        await database[kind].delete_many({})

    with pytest.raises(GenerationRefused, match="records that are not applied yet"):
        await make_active(database, empty, print_nothing, timeout_seconds=0.5)


@pytest.mark.servers
async def test_a_loading_generation_is_neither_activated_nor_dropped_and_shows_its_progress(
    harness: ProjectorHarness, capsys: pytest.CaptureFixture[str]
) -> None:
    database = harness.dependencies.mongo.database
    name = await generations.register_generation(database, utc_now())
    printed: list[str] = []
    progress = RebuildProgress(database, name, utc_now, printed.append)
    await progress.report_read(1_500, 1_500)
    await progress.report_step("making the indexes")

    with pytest.raises(GenerationRefused, match="still being loaded"):
        await make_active(database, name, print_nothing)
    with pytest.raises(GenerationRefused, match="being loaded by a rebuild"):
        await drop_unused(database, name, utc_now())
    await commands.list_generations(harness.dependencies.settings)

    assert capsys.readouterr().out.splitlines() == [
        "1\tactive",
        "2\tloading: making the indexes, 1,500 of 1,500 records (100%)",
    ]
    assert re.fullmatch(r"1,500 of 1,500 records, [\d,]+ a second", printed[0])
