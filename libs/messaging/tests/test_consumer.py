"""A consumer on a real Kafka and a real PostgreSQL."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from vinculo.messaging import list_dead_letters, read_dead_letters, replay

from .consumer_harness import Harness, loan
from .recorded_events import effects, headers, quarantined, running, subject_of, value

pytestmark = pytest.mark.servers

POISONS = [
    b"{not json",
    b"[]",
    b'{"words": 7}',
    value("poison"),
    value("wide"),
    value("\0"),
    None,
]
LOAN_POISONS = [
    loan('"x"'),
    loan(2**63),
    loan(0),
    loan(5, 7),
    loan(5, "poison"),
    b"{}",
    b"",
]


async def test_every_event_is_applied_once_and_in_order(harness: Harness) -> None:
    streams = [f"talk-{n}" for n in range(20)]
    for version in (1, 2, 3):
        for stream in streams:
            await harness.send_events(stream, version)

    async with running(harness.consumer):
        await harness.wait_for_effects(60)

    for stream in streams:
        assert await harness.effects_of(stream) == [1, 2, 3]


async def test_an_event_published_twice_is_applied_once(harness: Harness) -> None:
    await harness.send_events("talk-a", 1, 2, 1, 2, 3, 2, 4)

    async with running(harness.consumer):
        await harness.wait_for_effects(4)

    assert await harness.effects_of("talk-a") == [1, 2, 3, 4]


async def test_after_a_restart_the_consumer_continues(harness: Harness) -> None:
    await harness.send_events("talk-a", 1, 2)
    async with running(harness.consumer):
        await harness.wait_for_effects(2)

    await harness.send_events("talk-a", 3)
    async with running(harness.consumer):
        await harness.wait_for_effects(3)

    assert await harness.effects_of("talk-a") == [1, 2, 3]


async def test_a_new_group_with_the_same_checkpoints_applies_nothing_again(
    harness: Harness,
) -> None:
    """Offsets may be lost or reset; the checkpoints decide."""
    await harness.send_events("talk-a", 1, 2)
    async with running(harness.consumer):
        await harness.wait_for_effects(2)
    async with harness.engine.begin() as connection:
        await connection.execute(text("UPDATE consumed_streams SET consumer = consumer || '2'"))

    await harness.send_events("talk-a", 3)
    async with running(replace(harness.consumer, group=f"{harness.consumer.group}2")):
        await harness.wait_for_effects(3)

    assert await harness.effects_of("talk-a") == [1, 2, 3]


async def test_an_event_of_an_unknown_type_advances_the_stream(harness: Harness) -> None:
    key = str(subject_of("talk-a")).encode()
    await harness.producer.send(harness.topic, headers("talk-a", 1, "sung.v1"), b"{}", key)
    await harness.send_events("talk-a", 2)

    async with running(harness.consumer):
        await harness.wait_for_effects(2)

    assert await effects(harness.engine) == [("talk-a", 1, "?"), ("talk-a", 2, "hello")]


async def test_null_and_undecodable_headers_lose_no_record(harness: Harness) -> None:
    invalid = [*headers("talk-a", 1), ("x-null", None), ("x-odd", b"\xff\xfe")]
    await harness.producer.send(harness.topic, invalid, value(), str(subject_of("talk-a")).encode())

    async with running(harness.consumer):
        await harness.wait_for_effects(1)


@pytest.mark.parametrize(
    "poison",
    POISONS,
)
async def test_a_poison_event_quarantines_its_stream_and_no_other(
    harness: Harness, poison: bytes | None
) -> None:
    key = str(subject_of("talk-bad")).encode()
    await harness.send_events("talk-bad", 1)
    partition, _ = await harness.producer.send(harness.topic, headers("talk-bad", 2), poison, key)
    await harness.send_events("talk-bad", 3, 4)
    await harness.send_events_to(partition, "talk-good", 1, 2)

    async with running(harness.consumer):
        await harness.wait_for_effects(3)
        await harness.wait_for_dead_letters(3)

        assert await harness.effects_of("talk-bad") == [1]
        assert await harness.effects_of("talk-good") == [1, 2]
        await harness.wait_for_quarantined({"talk-bad": 4})

        await harness.send_events("talk-bad", 5)
        await harness.wait_for_dead_letters(4)

    letters = await list_dead_letters(harness.consumer)
    assert letters[0].record.value == poison
    assert letters[0].record.key == key
    assert dict(letters[0].record.headers)["ce_streamversion"] == b"2"
    assert letters[0].attempts == 1
    assert letters[0].error
    assert letters[1].error == "follows its quarantined stream"


async def test_a_gap_quarantines_the_stream(harness: Harness) -> None:
    await harness.send_events("talk-a", 1, 3, 4)

    async with running(harness.consumer):
        await harness.wait_for_dead_letters(2)

    assert await harness.effects_of("talk-a") == [1]
    assert (await list_dead_letters(harness.consumer))[0].error == "gap: version 3 after 1"


async def test_a_replay_closes_a_gap_when_the_missing_event_arrives_late(harness: Harness) -> None:
    await harness.send_events("talk-a", 1, 3, 4, 2)
    async with running(harness.consumer):
        await harness.wait_for_dead_letters(3)

    report = await replay(harness.consumer)

    assert len(report.applied) == 3
    assert report.released_streams == ["talk-a"]
    assert await harness.effects_of("talk-a") == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "broken",
    [
        [],
        [("ce_streamid", b"\xff")],
        [("ce_streamid", b"talk-a"), ("ce_streamversion", b"minus one")],
        [("ce_streamid", b"talk-a"), ("ce_streamversion", b"9" * 30)],
        [("ce_streamid", b"talk\0a"), ("ce_streamversion", b"1")],
    ],
)
async def test_a_record_without_a_stream_is_dead_lettered_alone(
    harness: Harness, broken: list[tuple[str, bytes]]
) -> None:
    await harness.producer.send(harness.topic, broken, b"noise", b"key")
    await harness.send_events("talk-a", 1)

    async with running(harness.consumer):
        await harness.wait_for_effects(1)
        await harness.wait_for_dead_letters(1)

    assert await quarantined(harness.engine) == {}


async def test_in_a_topic_with_gaps_only_newer_versions_are_applied(harness: Harness) -> None:
    await harness.send_loans(*(loan(version) for version in (3, 1, 3, 9)))

    async with running(harness.consumer):
        await harness.wait_for_effects(2)

    assert await harness.effects_of("/talks/talks|L1") == [3, 9]


@pytest.mark.parametrize("poison", LOAN_POISONS)
async def test_a_poison_record_of_a_topic_with_gaps_is_dead_lettered_alone(
    harness: Harness, poison: bytes
) -> None:
    await harness.send_loans(loan(1), poison, loan(8))

    async with running(harness.consumer):
        await harness.wait_for_effects(2)
        await harness.wait_for_dead_letters(1)

    assert await harness.effects_of("/talks/talks|L1") == [1, 8]
    assert await quarantined(harness.engine) == {}


async def test_a_fault_is_retried_and_loses_nothing(harness: Harness) -> None:
    harness.recorder.faults_left = 4
    await harness.send_events("talk-a", 1, 2, 3)

    async with running(harness.consumer):
        await harness.wait_for_effects(3)

    assert await harness.effects_of("talk-a") == [1, 2, 3]
    assert await read_dead_letters(harness.consumer.kafka, harness.consumer.group) == []


async def test_a_lasting_fault_pauses_its_partition_and_no_other(harness: Harness) -> None:
    harness.recorder.failing_streams.add("talk-stuck")
    await harness.send_events_to(0, "talk-stuck", 1)
    await harness.send_events_to(0, "talk-after", 1)
    await harness.send_events_to(1, "talk-beside", 1)

    async with running(harness.consumer):
        await harness.wait_for_effects(1)
        await harness.send_events_to(1, "talk-beside", 2)
        await harness.wait_for_effects(2)
        assert await harness.effects_of("talk-stuck") == []

        harness.recorder.failing_streams.clear()
        await harness.wait_for_effects(4)


async def test_two_instances_share_the_partitions_and_repeat_nothing(harness: Harness) -> None:
    streams = [f"talk-{n}" for n in range(30)]
    async with running(harness.consumer):
        for stream in streams[:15]:
            await harness.send_events(stream, 1, 2)
        async with running(harness.consumer):
            for stream in streams[15:]:
                await harness.send_events(stream, 1, 2)
            await harness.wait_for_effects(60)
        for stream in streams:
            await harness.send_events(stream, 3)
        await harness.wait_for_effects(90)

    for stream in streams:
        assert await harness.effects_of(stream) == [1, 2, 3]
    assert await read_dead_letters(harness.consumer.kafka, harness.consumer.group) == []
