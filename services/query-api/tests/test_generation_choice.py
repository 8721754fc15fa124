"""Readers go to another generation and back, and notice nothing of a rebuild but new answers."""

import asyncio
import re
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from vinculo.access import Role
from vinculo.events import utc_now
from vinculo.query_api import commands, generations
from vinculo.query_api.generations import (
    Generation,
    GenerationState,
    collection_names,
    ensure_indexes,
    read_pointer,
)
from vinculo.query_api.projector.metrics import ProjectorMetrics
from vinculo.query_api.rebuild.generation_admin import GenerationRefused, drop_unused, make_active
from vinculo.query_api.rebuild.orchestration import rebuild
from vinculo.query_api.rebuild.progress import RebuildProgress
from vinculo.testing.fixture_types import Eventually, MakeBucket

from .projector_on_servers import Stage
from .query_service import query_service, token
from .told_events import Told, life_of, payer, person_id

LISTS = ("registrations", "customers", "pre-customers")


def of(*numbers: int) -> list[Told]:
    return [told for number in numbers for stream in life_of(number) for told in stream]


def quiet(_: str) -> None:
    pass


async def lists(client: httpx2.AsyncClient) -> list[Any]:
    """What readers see, page after page, without how fresh it is."""
    shown = []
    for name in LISTS:
        asked: dict[str, Any] = {"limit": 7, "sort": "name", "q": "núñez"}
        while True:
            answer = await client.get(f"/query/v1/{name}", params=asked, headers=token(Role.VIEWER))
            assert answer.status_code == 200, answer.text
            body = answer.json()
            shown.append((body["items"], body["total_to_date"], body["total_matching"]))
            if body["next_cursor"] is None:
                break
            asked["cursor"] = body["next_cursor"]
    return shown


@pytest.mark.servers
async def test_lists_answer_as_before_while_a_rebuild_runs_and_after_it(
    on_servers: Stage, eventually: Eventually, bucket: MakeBucket
) -> None:
    await on_servers.make_keys(*(person_id(n) for n in range(25)))
    await on_servers.say([*of(*range(25)), *payer().told])
    async with (
        on_servers.projecting(),
        query_service(on_servers.environment["QUERY_MONGO_URL"], bucket("exports")) as (client, _),
    ):
        await eventually(on_servers.shows_everything)
        before = await lists(client)
        assert sum(len(items) for items, _, _ in before) == 50
        rebuilding = asyncio.create_task(
            rebuild(on_servers.parts.settings, keep=False, output=quiet)
        )
        readings = 0
        while not rebuilding.done():
            assert await lists(client) == before
            readings += 1
        await rebuilding

        assert readings > 0
        assert await lists(client) == before
        assert await read_pointer(on_servers.parts.mongo.database) == "2"


@pytest.mark.servers
async def test_operators_go_to_a_kept_generation_and_back_and_drop_it(
    on_servers: Stage, eventually: Eventually, capsys: pytest.CaptureFixture[str]
) -> None:
    settings, database = on_servers.parts.settings, on_servers.parts.mongo.database
    await on_servers.make_keys(person_id(0), person_id(1))
    await on_servers.say(of(0))
    async with on_servers.projecting():
        await eventually(on_servers.shows_everything)
        await rebuild(settings, keep=True, output=quiet)
        await on_servers.say(of(1))
        assert await commands.use_generation(settings, "1") == 0
        assert await read_pointer(database) == "1"
        assert await commands.list_generations(settings) == 0
        await eventually(on_servers.shows_everything)
        assert await commands.use_generation(settings, "2") == 0
        assert await on_servers.people("1") == await on_servers.people("2")
        assert await commands.use_generation(settings, "2") == 0
        assert await commands.drop_generation(settings, "2") == 1
        assert await commands.drop_generation(settings, "1") == 0
        assert await commands.drop_generation(settings, "1") == 1

    said = capsys.readouterr()
    assert [line for line in said.out.splitlines() if "[info" not in line] == [
        "comparing with generation 2",
        "generation 1 is active",
        "1\tactive",
        "2\tkept",
        "comparing with generation 1",
        "generation 2 is active",
        "generation 2 is active already",
    ]
    assert said.err.splitlines() == ["generation 2 is the active one", "there is no generation 1"]
    assert not [n for n in await database.list_collection_names() if n.endswith("_1")]


@pytest.mark.servers
async def test_a_generation_that_lacks_something_is_not_gone_to(
    on_servers: Stage, eventually: Eventually
) -> None:
    database = on_servers.parts.mongo.database
    await on_servers.make_keys(person_id(0))
    await on_servers.say(of(0))
    async with on_servers.projecting():
        await eventually(on_servers.shows_everything)
        await rebuild(on_servers.parts.settings, keep=True, output=quiet)
        await database["people_1"].update_one(
            {"_id": person_id(0)}, {"$set": {"registry.version": 1}}
        )

        with pytest.raises(GenerationRefused, match=f"people {person_id(0)} registry"):
            await make_active(database, "1", quiet, timeout_seconds=0.5)

    assert await read_pointer(database) == "2"


@pytest.mark.servers
async def test_a_generation_that_nobody_projects_into_is_not_gone_to(
    on_servers: Stage, eventually: Eventually
) -> None:
    database = on_servers.parts.mongo.database
    async with on_servers.projecting():
        await on_servers.make_keys(person_id(0))
        await on_servers.say(of(0))
        await eventually(on_servers.shows_everything)
        empty = await generations.register_generation(database, utc_now())
        await ensure_indexes(database, empty)
    await generations.start_projection(database, empty, utc_now())
    names = collection_names("1")
    for family in (names.people, names.messages):
        await database[family].delete_many({})

    with pytest.raises(GenerationRefused, match="records that are not applied yet"):
        await make_active(database, empty, quiet, timeout_seconds=0.5)


@pytest.mark.servers
async def test_a_generation_being_loaded_is_neither_used_nor_dropped_but_shows_how_far_it_is(
    on_servers: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    database = on_servers.parts.mongo.database
    name = await generations.register_generation(database, utc_now())
    said: list[str] = []
    progress = RebuildProgress(database, name, utc_now, said.append)
    await progress.report_read(1_500, 1_500)
    await progress.report_step("making the indexes")

    with pytest.raises(GenerationRefused, match="still being loaded"):
        await make_active(database, name, quiet)
    with pytest.raises(GenerationRefused, match="being loaded by a rebuild"):
        await drop_unused(database, name, utc_now())
    await commands.list_generations(on_servers.parts.settings)

    assert capsys.readouterr().out.splitlines() == [
        "1\tactive",
        "2\tloading: making the indexes, 1,500 of 1,500 records (100%)",
    ]
    assert re.fullmatch(r"1,500 of 1,500 records, [\d,]+ a second", said[0])


@pytest.mark.servers
async def test_a_long_step_of_a_rebuild_is_no_sign_of_death(
    on_servers: Stage, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vinculo.query_api.rebuild.progress.INTERVAL_SECONDS", 0.01)
    database = on_servers.parts.mongo.database
    name = await generations.register_generation(database, utc_now())
    progress = RebuildProgress(database, name, utc_now, quiet)

    async def beats() -> set[Any]:
        found = await generations.generations(database)
        seen.update(each.heartbeat_at for each in found if each.name == name)
        return seen if len(seen) > 2 else set()

    seen: set[Any] = set()
    async with progress.heartbeat():
        await eventually(beats)


def test_metrics_tell_how_far_rebuilds_are() -> None:
    registry = CollectorRegistry()
    metrics = ProjectorMetrics(registry)

    def read(generation: str) -> float | None:
        return registry.get_sample_value("vinculo_rebuild_read_records", {"generation": generation})

    metrics.report_rebuilds([Generation(name="2", state=GenerationState.LOADING, read=5, total=10)])
    assert read("2") == 5
    metrics.report_rebuilds([Generation(name="2", state=GenerationState.SERVED, read=10, total=10)])
    assert read("2") is None
