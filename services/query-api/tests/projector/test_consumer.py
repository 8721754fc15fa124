"""The projector on real servers."""

import asyncio
import os
import signal
import sys
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import insert

from vinculo.contracts import event_types, topics
from vinculo.events import utc_now
from vinculo.messaging import (
    ConsumedEvent,
    NotDiverged,
    UnknownDeadLetter,
    discard,
    resync,
)
from vinculo.privacy.envelopes import encrypt_envelope
from vinculo.privacy.key_ring import keys, new_wrapped_key, unwrapped
from vinculo.query_api.generations import active_generation, ensure_first_generation
from vinculo.query_api.person_document.personal import DecryptedPart
from vinculo.query_api.person_document.schema import StoredDocument
from vinculo.query_api.projector.event_sources import EVENT_SOURCES
from vinculo.query_api.rebuild.orchestration import rebuild
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
    assert await harness.pending_dead_letters() == []


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
    assert await harness.pending_dead_letters() == []


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


async def test_a_missing_key_stops_one_person_until_the_key_is_there(
    harness: ProjectorHarness, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both people are in one partition; no operator replays the dead letters."""
    monkeypatch.setattr("vinculo.query_api.projector.dependencies.RETRY_SECONDS", 0.2)
    keyless = person_id(0)
    other = next(
        n for n in range(1, 50) if person_id(n).int % PARTITIONS == keyless.int % PARTITIONS
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
        (row,) = await eventually(lambda: harness.collection("quarantine"))
        first = lifecycle(0)[0][0]
        assert (row["_id"], row["reason"], row["subject"]) == (
            first.stream_id,
            "key-missing",
            keyless,
        )
        assert (row["topic"].removesuffix(first.topic), row["offset"]) == (
            harness.dependencies.settings.vinculo_topic_prefix,
            0,
        )
        async with harness.dependencies.keyring.begin() as connection:
            await connection.execute(
                insert(keys).values(key_id=keyless, subject=keyless, wrapped_key=key)
            )
        await eventually(lambda: is_released(harness))

    assert await harness.pending_dead_letters() == []
    people = {person["_id"]: person for person in await harness.people()}
    assert people[keyless] == await project_person(*lifecycle(0))


async def is_released(harness: ProjectorHarness) -> bool:
    return await harness.collection("quarantine") == []


async def test_an_envelope_that_cannot_be_opened_stops_one_person(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    await harness.make_keys(person_id(0), person_id(1))
    first, *rest = lifecycle(0)[0]
    envelope = await harness.dependencies.keys.encrypt(person_id(0), UUID(int=1), {"of": "another"})
    await harness.publish(first, first.value(envelope))
    await harness.publish_all([*rest, *events_of(1)])

    async with harness.running_projectors():
        await eventually(lambda: is_listed(harness, 1))
        await eventually(lambda: harness.collection("quarantine"))

    assert await harness.quarantine_reasons() == {first.stream_id: "poison"}


async def test_a_bug_in_a_fold_stops_one_person_after_some_tries(
    harness: ProjectorHarness, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = EVENT_SOURCES[topics.CUSTOMER_REGISTRY_CUSTOMERS]
    stopped = lifecycle(0)[2]
    is_fixed = False

    def fold(document: StoredDocument, received: ConsumedEvent, decrypted: DecryptedPart) -> None:
        if received.stream_id == stopped[0].stream_id and not is_fixed:
            raise ZeroDivisionError
        source.fold(document, received, decrypted)

    patched = {**EVENT_SOURCES, topics.CUSTOMER_REGISTRY_CUSTOMERS: replace(source, fold=fold)}
    monkeypatch.setattr("vinculo.query_api.projector.projected_topics.EVENT_SOURCES", patched)
    await harness.make_keys(person_id(0), person_id(1))
    await harness.publish_all(events_of(0, 1))

    async with harness.running_projectors():
        await eventually(lambda: harness.collection("quarantine"))
        await eventually(lambda: is_listed(harness, 1))
        assert await harness.quarantine_reasons() == {stopped[0].stream_id: "repeated-errors"}
        first = (await harness.pending_dead_letters())[0]
        assert (first.attempts, first.reason) == (5, "repeated-errors")
        assert first.record.headers == stopped[0].headers(), "a dead letter keeps its headers"
        is_fixed = True
        await harness.replay_dead_letters()
        await eventually(harness.has_projected_everything)

    people = {person["_id"]: person for person in await harness.people()}
    assert people[person_id(0)] == await project_person(*lifecycle(0))


async def test_an_upgraded_projector_replays_unknown_types_when_it_starts(
    harness: ProjectorHarness, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    await harness.make_keys(person_id(0))
    first, second, *rest = lifecycle(0)[2]
    with monkeypatch.context() as older:
        older.setattr(
            "vinculo.query_api.projector.projected_topics.event_types",
            lambda topic: event_types(topic) - {second.type},
        )
        async with harness.running_projectors():
            await harness.publish_all(events_of(0))
            await eventually(lambda: harness.collection("quarantine"))
            assert await harness.quarantine_reasons() == {first.stream_id: "unknown-type"}
            assert len(await harness.pending_dead_letters()) >= 1

    async with harness.running_projectors():
        await eventually(lambda: is_released(harness))
        await eventually(harness.has_projected_everything)

    (person,) = await harness.people()
    assert person["registry"]["version"] == 2 + len(rest)
    assert person == await project_person(*lifecycle(0))


async def test_a_diverged_stream_is_folded_again_by_a_resync(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    """The store was restored to version 1 and has appended another version 2 since."""
    await harness.make_keys(person_id(0))
    first, second, *_ = lifecycle(0)[2]
    others = [sample for stream in lifecycle(0) if stream[0] != first for sample in stream]
    other = replace(second, facts={**second.facts, "of": "another history"})
    async with harness.running_projectors():
        await harness.publish_all([first, second, *others])
        await eventually(harness.has_projected_everything)
        await harness.publish(other, await harness.encoded_value(other))
        await eventually(lambda: harness.collection("quarantine"))
        assert await harness.quarantine_reasons() == {first.stream_id: "diverged"}
        assert (await harness.replay_dead_letters()).applied == []
        async with harness.operator() as consumer:
            report = await resync(consumer, first.stream_id)
            assert report.released_streams == [first.stream_id]
            with pytest.raises(NotDiverged):
                await resync(consumer, first.stream_id)

    assert await harness.quarantine_reasons() == {}
    assert await harness.pending_dead_letters() == []
    expected = await project_person(
        *[[first, other] if stream[0] == first else stream for stream in lifecycle(0)]
    )
    assert await harness.people() == [expected]
    timeline = {entry["_id"] for entry in await harness.collection("events")}
    assert other.event_id in timeline
    assert second.event_id not in timeline
    assert await harness.totals() == await harness.counted()
    assert await harness.history() == await harness.counted_history()


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
        topics.CUSTOMER_REGISTRY_CREDIT,
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
        assert len(rows) == len({each.stream_id for each in events_of(0) if each.topic == topic})

        report = await harness.replay_dead_letters()
        await eventually(harness.has_projected_everything)

    assert len(report.released_streams) == len(rows)
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
        await harness.replay_dead_letters()
        assert await quarantined(harness)

        async with harness.operator() as consumer:
            await discard(
                consumer, *letters[0].key[:3], discarded_by="ops", reason="a defect of the sender"
            )
            with pytest.raises(UnknownDeadLetter):
                await discard(consumer, *letters[0].key[:3], discarded_by="ops", reason="again")
        report = await harness.replay_dead_letters()

    assert report.released_streams == [first.stream_id]
    (person,) = await harness.people()
    assert person["registry"]["version"] == 2 + len(rest)
    own = harness.dependencies.mongo.own
    (recorded,) = await own["discarded_records"].find().to_list(None)
    assert (recorded["discarded_by"], recorded["reason"]) == ("ops", "a defect of the sender")
    assert recorded["_id"] == f"{letters[0].name}/{letters[0].key.event_key}"

    # A later generation skips it too.
    before = await harness.people()
    await rebuild(harness.dependencies.settings, keep=False, output=lambda _: None)
    assert await harness.people() == before
    assert await harness.collection("quarantine") == []
    assert await harness.pending_dead_letters() == []


async def quarantined(harness: ProjectorHarness) -> bool:
    return bool(await harness.collection("quarantine"))


async def pending_letters(harness: ProjectorHarness, number: int) -> list[Any]:
    letters = await harness.pending_dead_letters()
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


async def test_a_recreated_topic_is_read_from_its_beginning(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    numbers = range(0, 6 * PARTITIONS, PARTITIONS)  # all in one partition
    await harness.make_keys(*(person_id(n) for n in numbers))
    await harness.publish_all(events_of(*numbers[:3]))
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
    earlier = [e for e in harness.published if e.topic == topics.ONBOARDING_APPLICATIONS]

    await harness.recreate_topic(topics.ONBOARDING_APPLICATIONS)
    await harness.publish_all(events_of(*numbers[3:]))
    await harness.publish_all(earlier)
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
        await eventually(lambda: is_counted(harness, 6))

    assert await harness.people() == sorted(
        [await project_person(*lifecycle(n)) for n in numbers],
        key=lambda person: person["_id"].bytes,
    )
    assert await harness.history() == await harness.counted_history()
    assert await harness.pending_dead_letters() == []


async def is_counted(harness: ProjectorHarness, people: int) -> bool:
    return sum((await harness.totals()).values()) == people


async def test_a_running_projector_continues_in_a_recreated_topic(
    harness: ProjectorHarness, eventually: Eventually
) -> None:
    await harness.make_keys(person_id(0), person_id(PARTITIONS))
    await harness.publish_all(events_of(0))
    async with harness.running_projectors():
        await eventually(harness.has_projected_everything)
        await harness.recreate_topic(topics.ONBOARDING_APPLICATIONS)
        await harness.publish_all(events_of(PARTITIONS))
        await eventually(harness.has_projected_everything)

    assert len(await harness.people()) == 2
    assert await harness.pending_dead_letters() == []
