"""A consumer on a real Kafka and a real PostgreSQL."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer  # type: ignore[import-untyped]
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.messaging import (
    ConsumedEvent,
    DeadLetters,
    DecodedRecord,
    NotDiverged,
    PartitionProcessor,
    PostgresCheckpoints,
    list_dead_letters,
    read_dead_letters,
    replay,
    resync,
)
from vinculo.privacy import EnvelopeRefused, KeyMissing
from vinculo.testing.topics import create_topics, delete_topics

from .consumer_harness import Harness, loan
from .recorded_events import effects, headers, quarantined, record, running, subject_of, value

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

    await harness.send_events("talk-a", 3)
    async with running(replace(harness.consumer, group=f"{harness.consumer.group}2")):
        await harness.wait_for_effects(3)

    assert await harness.effects_of("talk-a") == [1, 2, 3]


async def test_an_event_without_an_effect_advances_its_stream(harness: Harness) -> None:
    """Its value is not even read: here it is no JSON."""
    key = str(subject_of("talk-a")).encode()
    for version in (1, 2):
        irrelevant = headers("talk-a", version, "coughed.v1")
        await harness.producer.send(harness.topic, irrelevant, b"?", key)
    await harness.send_events("talk-a", 3)

    async with running(harness.consumer):
        await harness.wait_for_effects(1)

    assert await effects(harness.engine) == [("talk-a", 3, "hello")]


async def test_events_without_an_effect_pass_neither_a_gap_nor_a_quarantine(
    harness: Harness,
) -> None:
    key = str(subject_of("talk-a")).encode()
    await harness.send_events("talk-a", 1)
    await harness.producer.send(harness.topic, headers("talk-a", 3, "coughed.v1"), b"{}", key)
    await harness.producer.send(harness.topic, headers("talk-a", 4, "coughed.v1"), b"{}", key)

    async with running(harness.consumer):
        await harness.wait_for_quarantined({"talk-a": 4})

    assert await harness.last_version("talk-a") == 1


async def test_an_unknown_type_stops_its_stream_until_the_code_knows_it(harness: Harness) -> None:
    key = str(subject_of("talk-a")).encode()
    await harness.producer.send(harness.topic, headers("talk-a", 1, "sung.v1"), b"{}", key)
    await harness.send_events("talk-a", 2)
    async with running(harness.consumer):
        await harness.wait_for_quarantined({"talk-a": 2})
        assert await harness.reasons() == {"talk-a": "unknown-type"}

    async with running(harness.upgraded()):
        await harness.wait_for_effects(2)
        await harness.wait_for_quarantined({})

    assert await effects(harness.engine) == [("talk-a", 1, "?"), ("talk-a", 2, "hello")]


async def test_a_missing_key_stops_one_person_until_the_key_is_there(harness: Harness) -> None:
    harness.recorder.errors["talk-a"] = KeyMissing(subject_of("talk-a"))
    partition = await harness.partition_of("talk-a", 1)
    await harness.send_events("talk-a", 2)
    await harness.send_events_to(partition, "talk-b", 1, 2)

    consumer = harness.consumer
    async with running(consumer, retry_seconds=0.2):
        await harness.wait_for_quarantined({"talk-a": 2})
        await harness.wait_for_effects(2)
        assert await harness.reasons() == {"talk-a": "key-missing"}
        assert await harness.effects_of("talk-b") == [1, 2]
        (found,) = await consumer.checkpoints.quarantined_streams()
        assert (found.subject, found.topic, found.partition) == (
            subject_of("talk-a"),
            harness.topic,
            partition,
        )

        harness.recorder.errors.clear()
        await harness.wait_for_quarantined({})

    assert await harness.effects_of("talk-a") == [1, 2]


async def test_an_envelope_that_cannot_be_opened_stops_one_person(harness: Harness) -> None:
    harness.recorder.errors["talk-a"] = EnvelopeRefused("altered")
    partition = await harness.partition_of("talk-a", 1)
    await harness.send_events_to(partition, "talk-b", 1)

    async with running(harness.consumer):
        await harness.wait_for_quarantined({"talk-a": 1})
        await harness.wait_for_effects(1)

    assert await harness.reasons() == {"talk-a": "poison"}


async def test_a_bug_in_apply_stops_one_person_after_some_tries(harness: Harness) -> None:
    harness.recorder.errors["talk-a"] = ZeroDivisionError("a bug")
    partition = await harness.partition_of("talk-a", 1)
    await harness.send_events_to(partition, "talk-b", 1, 2)
    await harness.send_events_to(partition, "talk-a", 2)

    async with running(harness.consumer):
        await harness.wait_for_effects(2)
        await harness.wait_for_quarantined({"talk-a": 2})

    assert await harness.reasons() == {"talk-a": "repeated-errors"}
    letter, _ = await list_dead_letters(harness.consumer)
    assert letter.attempts == harness.consumer.max_tries
    assert "ZeroDivisionError" in letter.error


async def test_a_missing_event_closes_its_gap_without_an_operator(harness: Harness) -> None:
    await harness.send_events("talk-a", 1, 3, 4)
    async with running(harness.consumer):
        await harness.wait_for_quarantined({"talk-a": 4})
        await harness.send_events("talk-a", 2)
        await harness.wait_for_quarantined({})

    assert await harness.effects_of("talk-a") == [1, 2, 3, 4]


async def test_another_history_stops_its_stream_until_it_is_resynchronised(
    harness: Harness,
) -> None:
    key = str(subject_of("talk-a")).encode()
    await harness.send_events("talk-a", 1, 2)
    other = [(n, str(UUID(int=9)).encode() if n == "ce_id" else v) for n, v in headers("talk-a", 2)]
    await harness.producer.send(harness.topic, other, value("again"), key)
    await harness.send_events("talk-a", 3)
    async with running(harness.consumer):
        await harness.wait_for_quarantined({"talk-a": 3})
        assert await harness.reasons() == {"talk-a": "diverged"}

    assert (await replay(harness.consumer)).applied == []
    report = await resync(harness.consumer, "talk-a")

    assert len(report.applied) == 2
    assert await quarantined(harness.engine) == {}
    assert await effects(harness.engine) == [
        ("talk-a", 1, "hello"),
        ("talk-a", 2, "hello"),
        ("talk-a", 2, "again"),
        ("talk-a", 3, "hello"),
    ]
    with pytest.raises(NotDiverged):
        await resync(harness.consumer, "talk-a")


async def test_null_and_undecodable_headers_lose_no_record(harness: Harness) -> None:
    """A dead letter keeps them as they were."""
    invalid = [*headers("talk-a", 1), ("x-null", None), ("x-odd", b"\xff\xfe"), ("x-odd", b"2")]
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


async def test_a_consumer_whose_client_cancels_itself_goes_on(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch: Callable[..., Awaitable[object]] = AIOKafkaConsumer.getmany
    cancelled: list[AIOKafkaConsumer] = []

    async def getmany(kafka: AIOKafkaConsumer, **arguments: object) -> object:
        if not cancelled:
            cancelled.append(kafka)
            raise asyncio.CancelledError
        return await fetch(kafka, **arguments)

    monkeypatch.setattr(AIOKafkaConsumer, "getmany", getmany)
    await harness.send_events("talk-a", 1)
    async with running(harness.consumer):
        await harness.wait_for_effects(1)
    assert cancelled


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


async def test_a_transaction_is_prepared_with_all_its_events_and_gets_its_dead_letters(
    harness: Harness,
) -> None:
    """A dead letter is noted in the transaction that dead-letters, also with other events."""
    prepared: list[list[int]] = []

    async def prepare(_connection: AsyncConnection, events: Sequence[ConsumedEvent]) -> None:
        assert await effects(harness.engine) == []
        prepared.append(sorted(event.version for event in events))

    async def note(connection: AsyncConnection, records: Sequence[DecodedRecord]) -> None:
        for each in records:
            await connection.execute(
                text("INSERT INTO effects (stream_id, version, words) VALUES (:error, :place, '')"),
                {"error": each.error, "place": each.record.offset},
            )

    checkpoints = PostgresCheckpoints(
        harness.engine,
        harness.consumer.group,
        harness.recorder.apply,
        prepare=prepare,
        on_dead_letters=note,
    )
    consumer = replace(harness.consumer, checkpoints=checkpoints)
    key = str(subject_of("talk-a")).encode()
    records = [
        replace(record(headers(stream, version), body, key=key, topic=harness.topic), offset=n)
        for n, (stream, version, body) in enumerate(
            [("talk-a", 1, value()), ("talk-b", 1, b"[]"), ("talk-a", 2, value())]
        )
    ]
    sink = DeadLetters(consumer.kafka, consumer.group)
    processor = PartitionProcessor(checkpoints, sink, max_tries=1)

    progress = await processor.run([consumer.decode(each) for each in records])
    await sink.close()

    assert progress.fault is None
    assert prepared == [[1, 2]]
    assert sorted(effect[:2] for effect in await effects(harness.engine)) == [
        ("talk-a", 1),
        ("talk-a", 2),
        ("value: not a JSON object", 1),
    ]


async def test_a_stopped_consumer_reads_a_recreated_topic_from_its_beginning(
    harness: Harness,
) -> None:
    await harness.send_events("talk-a", 1, 2, 3)
    async with running(harness.consumer):
        await harness.wait_for_effects(3)

    await recreate_topic(harness)
    await harness.send_events("talk-b", 1, 2)
    await harness.send_events("talk-a", 1, 2, 3, 4)
    async with running(harness.consumer):
        await harness.wait_for_effects(6)

    assert await harness.effects_of("talk-a") == [1, 2, 3, 4]
    assert await harness.effects_of("talk-b") == [1, 2]


async def test_a_running_consumer_reads_a_recreated_topic_from_its_beginning(
    harness: Harness,
) -> None:
    await harness.send_events("talk-a", 1, 2, 3)
    async with running(harness.consumer):
        await harness.wait_for_effects(3)
        await recreate_topic(harness)
        await harness.send_events("talk-b", 1, 2)
        await harness.send_events("talk-a", 1, 2, 3, 4)
        await harness.wait_for_effects(6)

    assert await harness.effects_of("talk-a") == [1, 2, 3, 4]
    assert await harness.effects_of("talk-b") == [1, 2]


async def recreate_topic(harness: Harness) -> None:
    """As after the loss of its records."""
    await delete_topics(harness.consumer.kafka, [harness.topic])
    await create_topics(harness.consumer.kafka, [harness.topic], partitions=3)
