"""Rebuilding the read model beside the live one."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from vinculo.events import utc_now
from vinculo.messaging import read_dead_letters
from vinculo.query_api import generations
from vinculo.query_api.generations import GenerationState, collection_names, read_pointer
from vinculo.query_api.person_document.schema import PEOPLE_INDEXES
from vinculo.query_api.projector.dead_letters import pending_dead_letters, replay_dead_letters
from vinculo.query_api.projector.dependencies import dead_letter_group
from vinculo.query_api.rebuild.orchestration import RebuildFailedError, RebuildRunning, rebuild
from vinculo.query_api.rebuild.parallel_load import LoadSliceFailedError
from vinculo.testing.fixture_types import Eventually

from .projector_on_servers import Stage, without_time
from .told_events import Told, erased, life_of, payer, person_id, record

pytestmark = pytest.mark.servers


def of(*numbers: int) -> list[Told]:
    return [told for number in numbers for stream in life_of(number) for told in stream]


def saying(said: list[str]) -> Callable[[str], None]:
    return said.append


async def everything(on_servers: Stage) -> dict[str, Any]:
    kinds = ("people", "events", "payers", "messages")
    found: dict[str, Any] = {kind: await on_servers.collection(kind) for kind in kinds}
    return found | {
        "totals": await on_servers.totals(),
        "history": await on_servers.history(),
    }


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_a_rebuilt_read_model_is_the_same_and_takes_the_place_of_the_old(
    on_servers: Stage, eventually: Eventually
) -> None:
    database = on_servers.parts.mongo.database
    await on_servers.make_keys(*(person_id(n) for n in range(6)))
    await on_servers.say([*of(0, 1, 2, 3), *payer().told])
    async with on_servers.projecting():
        await eventually(on_servers.shows_everything)
        before = await everything(on_servers)
        said: list[str] = []
        assert await rebuild(on_servers.parts.settings, keep=False, output=saying(said)) == "2"

        assert await everything(on_servers) == before
        assert await read_pointer(database) == "2"
        await on_servers.say(of(4))
        await eventually(on_servers.shows_everything)

    assert [each.name for each in await generations.generations(database)] == ["2"]
    assert not [n for n in await database.list_collection_names() if n.endswith("_1")]
    indexes = await database["people_2"].index_information()
    assert len(indexes) == len(PEOPLE_INDEXES) + 1
    records = len(of(0, 1, 2, 3)) + 1
    assert any(line.startswith(f"{records} of {records} records") for line in said)
    assert await on_servers.totals() == await on_servers.counted()


async def test_several_processes_rebuild_the_same_as_one(
    on_servers: Stage, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in on_servers.environment.items():
        monkeypatch.setenv(name, value)
    await on_servers.make_keys(*(person_id(n) for n in range(6)))
    healed = life_of(0)[2]
    await on_servers.publish(healed[0], b"poison")
    await on_servers.say([*of(*range(6)), *payer().told])
    async with on_servers.projecting():
        await eventually(lambda: last_waiting(on_servers, healed[-1]))
        await replay_dead_letters(on_servers.parts)
        await eventually(on_servers.shows_everything)
    before = await everything(on_servers)

    await rebuild(on_servers.parts.settings, keep=False, output=saying([]), processes=2)

    assert await everything(on_servers) == before
    assert await on_servers.collection("quarantine") == []


async def test_a_share_that_dies_ends_the_rebuild_and_leaves_nothing(
    on_servers: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = on_servers.parts.mongo.database
    await on_servers.make_keys(person_id(0))
    await on_servers.say(of(0))
    for name, value in on_servers.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("QUERY_MONGO_DRIVER", "none of them")

    with pytest.raises(LoadSliceFailedError, match="ended with 78"):
        await rebuild(on_servers.parts.settings, keep=False, output=saying([]), processes=2)

    assert await read_pointer(database) == "1"
    assert [each.name for each in await generations.generations(database)] == ["1"]


async def test_thrown_away_wholly_it_is_rebuilt_from_the_log_alone(
    on_servers: Stage, eventually: Eventually
) -> None:
    await on_servers.make_keys(*(person_id(n) for n in range(3)))
    await on_servers.say(of(0, 1, 2))
    async with on_servers.projecting():
        await eventually(on_servers.shows_everything)
        before = await everything(on_servers)
        mongo = on_servers.parts.mongo
        await mongo.client.drop_database(mongo.database.name)

        await rebuild(on_servers.parts.settings, keep=False, output=saying([]))

        assert await everything(on_servers) == before


async def test_a_generation_that_is_kept_goes_on_and_learns_of_erasures(
    on_servers: Stage, eventually: Eventually
) -> None:
    database = on_servers.parts.mongo.database
    await on_servers.make_keys(person_id(0), person_id(1))
    await on_servers.say(of(0, 1))
    async with on_servers.projecting():
        await eventually(on_servers.shows_everything)
        await rebuild(on_servers.parts.settings, keep=True, output=saying([]))
        await on_servers.say([erased(0, record(0)).told[-1]])

        async def erased_in(generation: str) -> bool:
            people = await on_servers.people(generation)
            return sum("personal" in person for person in people) == 1

        await eventually(lambda: erased_in("1"))
        await eventually(lambda: erased_in("2"))

    assert [each.name for each in await generations.generations(database)] == ["1", "2"]


async def test_nothing_of_the_erased_comes_back_by_a_rebuild(
    on_servers: Stage, eventually: Eventually
) -> None:
    await on_servers.make_keys(person_id(0), person_id(1))
    await on_servers.say([*of(0, 1), erased(0, record(0)).told[-1]])
    await on_servers.parts.keys.destroy_key(person_id(0))
    async with on_servers.projecting():
        await eventually(on_servers.shows_everything)
    before = await everything(on_servers)

    await rebuild(on_servers.parts.settings, keep=False, output=saying([]))

    assert await everything(on_servers) == before
    assert "Persona0" not in str(before)


async def test_poison_healed_before_is_healed_again_and_the_rest_waits_again(
    on_servers: Stage, eventually: Eventually
) -> None:
    await on_servers.make_keys(person_id(0), person_id(1))
    async with on_servers.projecting():
        healed, stuck = life_of(0)[2], life_of(1)[2]
        await on_servers.publish(healed[0], b"poison")
        await on_servers.publish(stuck[0], b"poison")
        await on_servers.say([*healed, *stuck[1:], *life_of(0)[0], *life_of(1)[0]])
        await eventually(lambda: last_waiting(on_servers, healed[-1], stuck[-1]))
        await replay_dead_letters(on_servers.parts)
    before = without_time(await on_servers.collection("quarantine"), "since")
    people = await on_servers.people()
    assert [row["_id"] for row in before] == [stuck[0].stream_id]

    await rebuild(on_servers.parts.settings, keep=False, output=saying([]))

    assert without_time(await on_servers.collection("quarantine"), "since") == before
    assert await on_servers.people() == people
    assert await letters_ever(on_servers) == 1 + len(healed) + len(stuck)


async def last_waiting(on_servers: Stage, *last: Told) -> bool:
    """Whether each of these streams is quarantined up to this last event of it."""
    rows = await on_servers.collection("quarantine")
    return {row["_id"]: row["last_dead_lettered_version"] for row in rows} == {
        told.stream_id: told.version for told in last
    }


async def letters_ever(on_servers: Stage) -> int:
    settings = on_servers.parts.settings
    return len(await read_dead_letters(settings.vinculo_kafka, dead_letter_group(settings)))


async def test_a_generation_that_knows_less_is_never_switched_to(
    on_servers: Stage, eventually: Eventually
) -> None:
    database = on_servers.parts.mongo.database
    await on_servers.make_keys(person_id(0))
    await on_servers.say(of(0))
    async with on_servers.projecting():
        await eventually(on_servers.shows_everything)
    await database["people_1"].update_one(
        {"_id": person_id(0)}, {"$set": {"registry.version": 1000}}
    )

    with pytest.raises(RebuildFailedError, match=f"people {person_id(0)} registry"):
        await rebuild(on_servers.parts.settings, keep=False, output=saying([]))

    assert await read_pointer(database) == "1"
    assert [each.name for each in await generations.generations(database)] == ["1"]
    assert not [n for n in await database.list_collection_names() if n.endswith("_2")]


async def test_two_rebuilds_at_once_are_refused(on_servers: Stage) -> None:
    database = on_servers.parts.mongo.database
    await generations.register_generation(database, utc_now())

    with pytest.raises(RebuildRunning, match="generation 2"):
        await rebuild(on_servers.parts.settings, keep=False, output=saying([]))


async def test_what_a_dead_rebuild_left_is_dropped_by_the_projector(
    on_servers: Stage, eventually: Eventually
) -> None:
    database = on_servers.parts.mongo.database
    left = await generations.register_generation(database, utc_now() - timedelta(hours=1))
    await database[collection_names(left).people].insert_one({"_id": 1, "personal": {"name": "x"}})

    async def dropped() -> bool:
        states = [each.state for each in await generations.generations(database)]
        collections = await database.list_collection_names()
        return states == [GenerationState.SERVED] and "people_2" not in collections

    async with on_servers.projecting():
        await eventually(dropped)


async def test_people_come_and_go_on_while_a_rebuild_runs(
    on_servers: Stage, eventually: Eventually
) -> None:
    await on_servers.make_keys(*(person_id(n) for n in range(20)))
    await on_servers.say(of(*range(5)))
    async with on_servers.projecting():
        await eventually(on_servers.shows_everything)
        rebuilding = asyncio.create_task(
            rebuild(on_servers.parts.settings, keep=False, output=saying([]))
        )
        for number in range(5, 20):
            await on_servers.say(of(number))
        await rebuilding
        await eventually(on_servers.shows_everything)

    assert len(await on_servers.people()) == 20
    assert await on_servers.totals() == await on_servers.counted()
    assert await pending_dead_letters(on_servers.parts) == []
