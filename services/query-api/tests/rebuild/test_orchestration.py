"""Rebuilding the read model beside the live one."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, text

from vinculo.events import utc_now
from vinculo.messaging import ConsumedEvent, PoisonMessage, read_dead_letters, resync
from vinculo.privacy.key_ring import keys
from vinculo.query_api import generations
from vinculo.query_api.generations import GenerationState, collection_names, read_pointer
from vinculo.query_api.person_document.indexes import PEOPLE_INDEXES
from vinculo.query_api.person_document.personal import DecryptedPart
from vinculo.query_api.person_document.schema import StoredDocument
from vinculo.query_api.projector.dependencies import dead_letter_group
from vinculo.query_api.projector.event_sources import EVENT_SOURCES
from vinculo.query_api.rebuild.orchestration import RebuildFailedError, RebuildRunning, rebuild
from vinculo.query_api.rebuild.parallel_load import LoadSliceFailedError
from vinculo.testing.fixture_types import Eventually

from ..event_samples import EventSample, erased, lifecycle, loan, payer, person_id, record
from ..in_memory_projector import project_person
from ..projector_harness import ProjectorHarness, without_time

pytestmark = pytest.mark.servers


def events_of(*numbers: int) -> list[EventSample]:
    return [sample for number in numbers for stream in lifecycle(number) for sample in stream]


def print_nothing(_: str) -> None:
    pass


async def all_collections(harness: ProjectorHarness) -> dict[str, Any]:
    kinds = ("people", "events", "payers", "messages")
    found: dict[str, Any] = {kind: await harness.collection(kind) for kind in kinds}
    return found | {
        "totals": await harness.totals(),
        "history": await harness.history(),
    }


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_a_rebuilt_read_model_is_the_same_and_replaces_the_old_one(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    database = harness.dependencies.mongo.database
    await harness.make_keys(*(person_id(n) for n in range(6)))
    await harness.publish_all([*events_of(0, 1, 2, 3), *payer().events])
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
        before = await all_collections(harness)
        printed: list[str] = []
        assert (
            await rebuild(harness.dependencies.settings, keep=False, output=printed.append) == "2"
        )

        assert await all_collections(harness) == before
        assert await read_pointer(database) == "2"
        await harness.publish_all(events_of(4))
        await eventually(harness.has_projected_everything)

    assert [each.name for each in await generations.generations(database)] == ["2"]
    assert not [n for n in await database.list_collection_names() if n.endswith("_1")]
    indexes = await database["people_2"].index_information()
    assert len(indexes) == len(PEOPLE_INDEXES) + 1
    records = len(events_of(0, 1, 2, 3)) + 1
    assert any(line.startswith(f"{records} of {records} records") for line in printed)
    assert await harness.totals() == await harness.counted()


async def test_several_processes_rebuild_the_same_as_one(
    harness: ProjectorHarness, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in harness.environment.items():
        monkeypatch.setenv(name, value)
    await harness.make_keys(*(person_id(n) for n in range(6)))
    repaired = lifecycle(0)[2]
    await harness.publish(repaired[0], b"poison")
    await harness.publish_all([*events_of(*range(6)), *payer().events])
    async with harness.running_projectors():
        await eventually(lambda: are_quarantined(harness, repaired[-1]))
        await harness.replay_dead_letters()
        await eventually(harness.has_projected_everything)
    before = await all_collections(harness)

    await rebuild(harness.dependencies.settings, keep=False, output=print_nothing, processes=2)

    assert await all_collections(harness) == before
    assert await harness.collection("quarantine") == []


async def test_a_failed_slice_ends_the_rebuild_and_leaves_nothing(
    harness: ProjectorHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = harness.dependencies.mongo.database
    await harness.make_keys(person_id(0))
    await harness.publish_all(events_of(0))
    for name, value in harness.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("QUERY_MONGO_DRIVER", "unknown")

    with pytest.raises(LoadSliceFailedError, match="ended with 78"):
        await rebuild(harness.dependencies.settings, keep=False, output=print_nothing, processes=2)

    assert await read_pointer(database) == "1"
    assert [each.name for each in await generations.generations(database)] == ["1"]


async def test_a_dropped_database_is_rebuilt_from_the_log(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    await harness.make_keys(*(person_id(n) for n in range(3)))
    await harness.publish_all(events_of(0, 1, 2))
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
        before = await all_collections(harness)
        mongo = harness.dependencies.mongo
        await mongo.client.drop_database(mongo.database.name)

        await rebuild(harness.dependencies.settings, keep=False, output=print_nothing)

        assert await all_collections(harness) == before


async def test_a_kept_generation_is_projected_into_and_receives_erasures(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    database = harness.dependencies.mongo.database
    await harness.make_keys(person_id(0), person_id(1))
    await harness.publish_all(events_of(0, 1))
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
        await rebuild(harness.dependencies.settings, keep=True, output=print_nothing)
        await harness.publish_all([erased(0, record(0)).events[-1]])

        async def erased_in(generation: str) -> bool:
            people = await harness.people(generation)
            return sum("personal" in person for person in people) == 1

        await eventually(lambda: erased_in("1"))
        await eventually(lambda: erased_in("2"))

    assert [each.name for each in await generations.generations(database)] == ["1", "2"]


async def test_a_rebuild_restores_no_data_of_erased_people(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    await harness.make_keys(person_id(0), person_id(1))
    await harness.publish_all([*events_of(0, 1), erased(0, record(0)).events[-1]])
    await harness.dependencies.keys.destroy_key(person_id(0))
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
    before = await all_collections(harness)

    await rebuild(harness.dependencies.settings, keep=False, output=print_nothing)

    assert await all_collections(harness) == before
    assert "Persona0" not in str(before)


async def test_repaired_poison_is_repaired_again_and_the_rest_is_quarantined_again(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    await harness.make_keys(person_id(0), person_id(1))
    async with harness.running_projectors():
        repaired, stuck = lifecycle(0)[2], lifecycle(1)[2]
        await harness.publish(repaired[0], b"poison")
        await harness.publish(stuck[0], b"poison")
        await harness.publish_all([*repaired, *stuck[1:], *lifecycle(0)[0], *lifecycle(1)[0]])
        await eventually(lambda: are_quarantined(harness, repaired[-1], stuck[-1]))
        await harness.replay_dead_letters()
    before = without_time(await harness.collection("quarantine"), "since")
    people = await harness.people()
    written = await count_dead_letters(harness)
    assert [row["_id"] for row in before] == [stuck[0].stream_id]

    await rebuild(harness.dependencies.settings, keep=False, output=print_nothing)

    assert without_time(await harness.collection("quarantine"), "since") == before
    assert await harness.people() == people
    assert await count_dead_letters(harness) == written


@pytest.mark.parametrize("processes", [1, 2])
async def test_a_rebuild_goes_on_without_a_key_and_says_how_many_streams_wait(
    harness: ProjectorHarness,
    eventually: Eventually,
    monkeypatch: pytest.MonkeyPatch,
    processes: int,
) -> None:
    for name, value in harness.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("vinculo.query_api.projector.dependencies.RETRY_SECONDS", 0.2)
    keyless = person_id(0)
    await harness.make_keys(keyless, person_id(1), person_id(2))
    await harness.publish_all(events_of(0, 1, 2))
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
    before = await all_collections(harness)
    async with harness.dependencies.keyring.begin() as connection:
        # As in a key ring that was restored from a backup without the newest rows.
        await connection.execute(text("ALTER TABLE keys DISABLE TRIGGER USER"))
        removed = delete(keys).where(keys.c.subject == keyless).returning(keys.c.wrapped_key)
        key = await connection.scalar(removed)
    harness.dependencies.keys.forget(keyless)
    printed: list[str] = []

    await rebuild(
        harness.dependencies.settings, keep=False, output=printed.append, processes=processes
    )

    assert "1 streams are quarantined: key-missing" in printed
    (row,) = await harness.collection("quarantine")
    assert (row["_id"], row["reason"], row["subject"]) == (
        lifecycle(0)[0][0].stream_id,
        "key-missing",
        keyless,
    )
    people = {person["_id"]: person for person in await harness.people()}
    assert "personal" not in people[keyless]
    assert people[keyless]["registry"]["version"] == len(lifecycle(0)[2])
    async with harness.dependencies.keyring.begin() as connection:
        await connection.execute(
            insert(keys).values(key_id=keyless, subject=keyless, wrapped_key=key)
        )
    async with harness.running_projectors():
        await eventually(lambda: are_quarantined(harness))
    assert await all_collections(harness) == before


async def test_a_bug_in_a_fold_stops_one_person_of_a_rebuild_and_spoils_no_document(
    harness: ProjectorHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fold fails after it has changed the document."""
    await harness.make_keys(*(person_id(n) for n in range(3)))
    stopped = lifecycle(0)[2]
    source = EVENT_SOURCES[stopped[0].topic]

    def fold(document: StoredDocument, received: ConsumedEvent, decrypted: DecryptedPart) -> None:
        source.fold(document, received, decrypted)
        if received.event_id == stopped[1].event_id:
            raise ZeroDivisionError

    patched = {**EVENT_SOURCES, stopped[0].topic: replace(source, fold=fold)}
    monkeypatch.setattr("vinculo.query_api.projector.projected_topics.EVENT_SOURCES", patched)
    await harness.publish_all(events_of(0, 1, 2))
    printed: list[str] = []

    await rebuild(harness.dependencies.settings, keep=False, output=printed.append)

    assert "1 streams are quarantined: repeated-errors" in printed
    people = {person["_id"]: person for person in await harness.people()}
    for number in (1, 2):
        assert people[person_id(number)] == await project_person(*lifecycle(number))
    applied = [stream for stream in lifecycle(0) if stream != stopped]
    assert people[person_id(0)] == await project_person(*applied, stopped[:1])
    assert len(await harness.pending_dead_letters()) == len(stopped) - 1
    monkeypatch.undo()
    await harness.replay_dead_letters()
    people = {person["_id"]: person for person in await harness.people()}
    assert people[person_id(0)] == await project_person(*lifecycle(0))
    assert await harness.totals() == await harness.counted()


async def test_a_rebuild_folds_the_later_history_of_a_diverged_stream(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    await harness.make_keys(person_id(0))
    first, second, *_ = lifecycle(0)[2]
    others = [sample for stream in lifecycle(0) if stream[0] != first for sample in stream]
    other = replace(second, facts={**second.facts, "of": "another history"})
    async with harness.running_projectors():
        await harness.publish_all([first, second, *others])
        await eventually(harness.has_projected_everything)
        await harness.publish(other, await harness.encoded_value(other))
        await eventually(lambda: harness.collection("quarantine"))
        async with harness.operator() as consumer:
            await resync(consumer, first.stream_id)
    before = await all_collections(harness)

    await rebuild(harness.dependencies.settings, keep=False, output=print_nothing)

    assert await all_collections(harness) == before
    assert await harness.collection("quarantine") == []
    assert await harness.pending_dead_letters() == []


async def test_dead_letters_of_no_stream_that_were_replayed_stay_so_after_a_rebuild(
    harness: ProjectorHarness, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    await harness.make_keys(person_id(0), person_id(1))
    readable, unreadable = loan(0), loan(1)

    def refuse(_: Any) -> None:
        raise PoisonMessage("of an older version")

    async with harness.running_projectors():
        with monkeypatch.context() as older:
            older.setattr("vinculo.query_api.projector.projected_topics.check_storable", refuse)
            await harness.publish_all([readable])
            await harness.publish(unreadable, b"poison")
            await eventually(lambda: two_are_pending(harness))
        await harness.replay_dead_letters()
        (left,) = await harness.pending_dead_letters()
    written = await count_dead_letters(harness)

    await rebuild(harness.dependencies.settings, keep=False, output=print_nothing)

    assert [each.key for each in await harness.pending_dead_letters()] == [left.key]
    assert await count_dead_letters(harness) == written


async def two_are_pending(harness: ProjectorHarness) -> bool:
    return len(await harness.pending_dead_letters()) == 2


async def are_quarantined(harness: ProjectorHarness, *last: EventSample) -> bool:
    """Whether exactly the streams of these events are quarantined, up to them."""
    rows = await harness.collection("quarantine")
    return {row["_id"]: row["last_dead_lettered_version"] for row in rows} == {
        sample.stream_id: sample.version for sample in last
    }


async def count_dead_letters(harness: ProjectorHarness) -> int:
    settings = harness.dependencies.settings
    return len(await read_dead_letters(settings.vinculo_kafka, dead_letter_group(settings)))


async def test_a_generation_with_fewer_events_is_never_activated(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    database = harness.dependencies.mongo.database
    await harness.make_keys(person_id(0))
    await harness.publish_all(events_of(0))
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
    await database["people_1"].update_one(
        {"_id": person_id(0)}, {"$set": {"registry.version": 1000}}
    )

    with pytest.raises(RebuildFailedError, match=f"people {person_id(0)} registry"):
        await rebuild(harness.dependencies.settings, keep=False, output=print_nothing)

    assert await read_pointer(database) == "1"
    assert [each.name for each in await generations.generations(database)] == ["1"]
    assert not [n for n in await database.list_collection_names() if n.endswith("_2")]


async def test_a_second_rebuild_is_refused(harness: ProjectorHarness) -> None:
    database = harness.dependencies.mongo.database
    await generations.register_generation(database, utc_now())

    with pytest.raises(RebuildRunning, match="generation 2"):
        await rebuild(harness.dependencies.settings, keep=False, output=print_nothing)


async def test_the_generation_of_a_dead_rebuild_is_dropped_by_the_projector(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    database = harness.dependencies.mongo.database
    abandoned = await generations.register_generation(database, utc_now() - timedelta(hours=1))
    await database[collection_names(abandoned).people].insert_one(
        {"_id": 1, "personal": {"name": "x"}}
    )

    async def dropped() -> bool:
        states = [each.state for each in await generations.generations(database)]
        collections = await database.list_collection_names()
        return states == [GenerationState.SERVED] and "people_2" not in collections

    async with harness.running_projectors():
        await eventually(dropped)


async def test_events_published_during_a_rebuild_are_projected(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    await harness.make_keys(*(person_id(n) for n in range(20)))
    await harness.publish_all(events_of(*range(5)))
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
        rebuilding = asyncio.create_task(
            rebuild(harness.dependencies.settings, keep=False, output=print_nothing)
        )
        for number in range(5, 20):
            await harness.publish_all(events_of(number))
        await rebuilding
        await eventually(harness.has_projected_everything)

    assert len(await harness.people()) == 20
    assert await harness.totals() == await harness.counted()
    assert await harness.pending_dead_letters() == []
