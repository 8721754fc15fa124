"""The projector on real servers."""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import insert

from vinculo.contracts import topics
from vinculo.events import utc_now
from vinculo.privacy.envelopes import encrypt_envelope
from vinculo.privacy.key_ring import keys, new_wrapped_key, unwrapped
from vinculo.query_api.generations import active_generation, ensure_first_generation
from vinculo.query_api.projector.dead_letters import (
    discard_dead_letter,
    pending_dead_letters,
    replay_dead_letters,
)
from vinculo.testing.fixture_types import Eventually

from ..event_samples import PAYER, EventSample, erased, lifecycle, payer, person_id, record
from ..in_memory_projector import project_person
from ..projector_harness import PARTITIONS, ProjectorHarness

pytestmark = pytest.mark.servers


def events_of(*numbers: int) -> list[EventSample]:
    return [sample for number in numbers for stream in lifecycle(number) for sample in stream]


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
async def test_events_of_all_services_become_one_document_per_person(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    await harness.make_keys(*(person_id(n) for n in range(4)))
    await harness.publish_all([*events_of(0, 1, 2, 3), *payer().events])
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)

    people = {person["_id"]: person for person in await harness.people()}
    for number in range(4):
        assert people[person_id(number)] == await project_person(*lifecycle(number))
    assert await harness.totals() == {("customer", "enabled", 1): 4}
    (entity,) = await harness.collection("payers")
    assert (entity["_id"], entity["name"]) == (PAYER, "Pagaduría del Valle")


async def test_a_second_projection_from_the_beginning_gives_the_same(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    await harness.make_keys(person_id(1))
    await harness.publish_all(events_of(1))
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
    before = await harness.people(), await harness.collection("events")
    totals = await harness.totals()
    positions = harness.dependencies.mongo.database["positions_1"]
    await positions.update_many({}, {"$set": {"offset": 0}})

    async with harness.running_projectors():
        await eventually(lambda: all_caught_up(harness))

    assert (await harness.people(), await harness.collection("events")) == before
    assert await harness.totals() == totals


async def all_caught_up(harness: ProjectorHarness) -> bool:
    """Whether every partition with records is applied to its end."""
    written: dict[str, int] = {}
    for sample in harness.published:
        prefix = harness.dependencies.settings.vinculo_topic_prefix
        key = f"{prefix}{sample.topic}/{sample.subject.int % PARTITIONS}"
        written[key] = written.get(key, 0) + 1
    found = {p["_id"]: p["offset"] for p in await harness.collection("positions")}
    return all(found.get(key, 0) >= offset for key, offset in written.items())


async def test_two_workers_share_the_partitions_and_one_continues_alone(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    people = range(12)
    await harness.make_keys(*(person_id(n) for n in people))
    async with harness.running_projectors():
        async with harness.running_projectors():
            await harness.publish_all(events_of(*people[:6]))
        await harness.publish_all(events_of(*people[6:]))
        await eventually(harness.has_projected_everything)

    assert await harness.people() == sorted(
        [await project_person(*lifecycle(n)) for n in people],
        key=lambda person: person["_id"].bytes,
    )
    assert await harness.totals() == await harness.counted()
    assert await harness.history() == await harness.counted_history()
    assert await pending_dead_letters(harness.dependencies) == []


@pytest.mark.parametrize("point", ["projector-mid-batch", "projector-before-commit-offset"])
async def test_a_projector_killed_at_any_point_loses_and_repeats_nothing(
    harness: ProjectorHarness, eventually: Eventually, point: str
) -> None:
    await harness.make_keys(*(person_id(n) for n in range(5)))
    await harness.publish_all(events_of(*range(5)))
    assert await exit_code(harness, point) == -signal.SIGKILL

    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)

    assert await harness.people() == sorted(
        [await project_person(*lifecycle(n)) for n in range(5)],
        key=lambda person: person["_id"].bytes,
    )
    assert await harness.totals() == await harness.counted()
    assert await harness.history() == await harness.counted_history()
    assert await pending_dead_letters(harness.dependencies) == []


async def exit_code(harness: ProjectorHarness, crash_at: str) -> int:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "vinculo.query_api", "projector", "--port", "0"),
        env={**os.environ, **harness.environment, "VINCULO_CRASH_AT": crash_at},
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        return await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_an_erased_person_stays_erased(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    await harness.make_keys(person_id(0), person_id(1))
    await harness.publish_all(events_of(0, 1))
    last = erased(0, record(0)).events[-1]
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
        await harness.publish_all([last])
        await harness.dependencies.keys.destroy_key(person_id(0))
        await eventually(harness.has_projected_everything)

    erased_person = next(p for p in await harness.people() if p["_id"] == person_id(0))
    assert erased_person["erased_at"] is not None
    assert not {"personal", "kind", "name"} & erased_person.keys()
    assert await harness.totals() == {("customer", "enabled", 1): 1}
    entries = [e for e in await harness.collection("events") if e["person_id"] == person_id(0)]
    assert "Persona0" not in str(entries)
    assert any(entry.get("personal") for entry in entries)


async def test_without_a_key_only_that_partition_waits_for_it(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    keyless = person_id(0)
    other = next(
        n for n in range(1, 50) if person_id(n).int % PARTITIONS != keyless.int % PARTITIONS
    )
    wrapping = AESGCM(harness.dependencies.settings.key_encryption_key)
    key = new_wrapped_key(wrapping, keyless)
    cipher = unwrapped(wrapping, keyless, key)
    await harness.make_keys(person_id(other))
    for sample in events_of(0):
        envelope = (
            None
            if sample.personal is None
            else encrypt_envelope(cipher, keyless, sample.event_id, sample.personal)
        )
        await harness.publish(sample, sample.value(envelope))
    await harness.publish_all(events_of(other))

    async with harness.running_projectors():
        await eventually(lambda: is_listed(harness, other))
        assert not await is_listed(harness, 0)
        async with harness.dependencies.keyring.begin() as connection:
            await connection.execute(insert(keys).values(subject=keyless, wrapped_key=key))
        await eventually(lambda: is_listed(harness, 0))

    assert await pending_dead_letters(harness.dependencies) == []


async def is_listed(harness: ProjectorHarness, number: int) -> bool:
    people = await harness.people()
    return any(p["_id"] == person_id(number) and "kind" in p for p in people)


@pytest.mark.parametrize(
    "topic",
    [
        topics.ONBOARDING_APPLICATIONS,
        topics.DOCUMENTS_DOSSIERS,
        topics.CUSTOMER_REGISTRY_CUSTOMERS,
        topics.NOTIFICATIONS_MESSAGES,
        topics.CREDIT_LOANS,
    ],
)
async def test_poison_is_quarantined_and_repaired_by_a_replay(
    harness: ProjectorHarness, eventually: Eventually, topic: str
) -> None:
    await harness.make_keys(person_id(0), person_id(1))
    async with harness.running_projectors():
        for sample in events_of(0):
            if sample.topic == topic and sample.version == 1:
                await harness.publish(sample, b"\x00 poison")
            await harness.publish_all([sample])
        await harness.publish_all(events_of(1))
        await eventually(lambda: all_caught_up(harness))
        await eventually(lambda: is_listed(harness, 1))
        rows = await harness.collection("quarantine")
        assert len(rows) == (0 if topic == topics.CREDIT_LOANS else 1)

        (replayed,) = await replay_dead_letters(harness.dependencies)
        await eventually(harness.has_projected_everything)

    assert replayed.still_quarantined == []
    assert await harness.collection("quarantine") == []
    assert (await harness.people()) == sorted(
        [await project_person(*lifecycle(n)) for n in (0, 1)],
        key=lambda person: person["_id"].bytes,
    )


async def test_a_discarded_dead_letter_releases_its_stream(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    await harness.make_keys(person_id(0))
    first, second, *rest = lifecycle(0)[2]
    async with harness.running_projectors():
        await harness.publish_all([first])
        await harness.publish(replace(second, facts={}), b"{}")
        await harness.publish_all(rest)
        await eventually(lambda: quarantined(harness))
        letters = await eventually(lambda: pending_letters(harness, 1 + len(rest)))
        await replay_dead_letters(harness.dependencies)
        assert await quarantined(harness)

        assert await discard_dead_letter(harness.dependencies, letters[0].name, utc_now())
        (replayed,) = await replay_dead_letters(harness.dependencies)

    assert replayed.released == [first.stream_id]
    (person,) = await harness.people()
    assert person["registry"]["version"] == 2 + len(rest)


async def quarantined(harness: ProjectorHarness) -> bool:
    return bool(await harness.collection("quarantine"))


async def pending_letters(harness: ProjectorHarness, number: int) -> list[Any]:
    letters = await pending_dead_letters(harness.dependencies)
    return letters if len(letters) >= number else []


async def test_a_dropped_read_model_is_projected_again(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    await harness.make_keys(person_id(0))
    await harness.publish_all(events_of(0))
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
    before = await harness.people()
    database = harness.dependencies.mongo.database
    await harness.dependencies.mongo.client.drop_database(database.name)

    await ensure_first_generation(database, utc_now())
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)

    assert await harness.people() == before
    assert await active_generation(database) == "1"
