"""The consumer on a real Kafka and a real PostgreSQL."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from vinculo.messaging import list_dead_letters, read_dead_letters, replay

from .consuming_stage import Stage, loan
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


async def test_every_event_has_its_effect_once_and_in_order(stage: Stage) -> None:
    streams = [f"talk-{n}" for n in range(20)]
    for version in (1, 2, 3):
        for stream in streams:
            await stage.say(stream, version)

    async with running(stage.consumer):
        await stage.has_effects(60)

    for stream in streams:
        assert await stage.effects_of(stream) == [1, 2, 3]


async def test_what_was_published_twice_has_its_effect_once(stage: Stage) -> None:
    await stage.say("talk-a", 1, 2, 1, 2, 3, 2, 4)

    async with running(stage.consumer):
        await stage.has_effects(4)

    assert await stage.effects_of("talk-a") == [1, 2, 3, 4]


async def test_after_a_restart_it_goes_on_where_it_was(stage: Stage) -> None:
    await stage.say("talk-a", 1, 2)
    async with running(stage.consumer):
        await stage.has_effects(2)

    await stage.say("talk-a", 3)
    async with running(stage.consumer):
        await stage.has_effects(3)

    assert await stage.effects_of("talk-a") == [1, 2, 3]


async def test_a_new_group_id_with_the_same_guards_applies_nothing_again(stage: Stage) -> None:
    """Offsets may be lost or reset; the guards decide."""
    await stage.say("talk-a", 1, 2)
    async with running(stage.consumer):
        await stage.has_effects(2)
    async with stage.engine.begin() as connection:
        await connection.execute(text("UPDATE consumed_streams SET consumer = consumer || '2'"))

    await stage.say("talk-a", 3)
    async with running(replace(stage.consumer, group=f"{stage.consumer.group}2")):
        await stage.has_effects(3)

    assert await stage.effects_of("talk-a") == [1, 2, 3]


async def test_an_event_of_an_unknown_type_advances_the_stream(stage: Stage) -> None:
    key = str(subject_of("talk-a")).encode()
    await stage.speaker.put(stage.topic, headers("talk-a", 1, "sung.v1"), b"{}", key)
    await stage.say("talk-a", 2)

    async with running(stage.consumer):
        await stage.has_effects(2)

    assert await effects(stage.engine) == [("talk-a", 1, "?"), ("talk-a", 2, "hello")]


async def test_headers_that_are_null_or_not_text_lose_nothing(stage: Stage) -> None:
    odd = [*headers("talk-a", 1), ("x-null", None), ("x-odd", b"\xff\xfe")]
    await stage.speaker.put(stage.topic, odd, value(), str(subject_of("talk-a")).encode())

    async with running(stage.consumer):
        await stage.has_effects(1)


@pytest.mark.parametrize(
    "poison",
    POISONS,
)
async def test_a_poisonous_event_takes_its_stream_aside_and_no_other(
    stage: Stage, poison: bytes | None
) -> None:
    key = str(subject_of("talk-bad")).encode()
    await stage.say("talk-bad", 1)
    partition, _ = await stage.speaker.put(stage.topic, headers("talk-bad", 2), poison, key)
    await stage.say("talk-bad", 3, 4)
    await stage.say_in(partition, "talk-good", 1, 2)

    async with running(stage.consumer):
        await stage.has_effects(3)
        await stage.has_dead_letters(3)

        assert await stage.effects_of("talk-bad") == [1]
        assert await stage.effects_of("talk-good") == [1, 2]
        await stage.has_quarantined({"talk-bad": 4})

        await stage.say("talk-bad", 5)
        await stage.has_dead_letters(4)

    letters = await list_dead_letters(stage.consumer)
    assert letters[0].record.value == poison
    assert letters[0].record.key == key
    assert dict(letters[0].record.headers)["ce_streamversion"] == b"2"
    assert letters[0].attempts == 1
    assert letters[0].error
    assert letters[1].error == "follows its quarantined stream"


async def test_a_gap_is_quarantined_not_passed(stage: Stage) -> None:
    await stage.say("talk-a", 1, 3, 4)

    async with running(stage.consumer):
        await stage.has_dead_letters(2)

    assert await stage.effects_of("talk-a") == [1]
    assert (await list_dead_letters(stage.consumer))[0].error == "gap: version 3 after 1"


async def test_the_missing_event_coming_late_heals_by_replay(stage: Stage) -> None:
    await stage.say("talk-a", 1, 3, 4, 2)
    async with running(stage.consumer):
        await stage.has_dead_letters(3)

    report = await replay(stage.consumer)

    assert len(report.applied) == 3
    assert report.released_streams == ["talk-a"]
    assert await stage.effects_of("talk-a") == [1, 2, 3, 4]


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
async def test_a_record_that_names_no_stream_is_put_aside_alone(
    stage: Stage, broken: list[tuple[str, bytes]]
) -> None:
    await stage.speaker.put(stage.topic, broken, b"noise", b"key")
    await stage.say("talk-a", 1)

    async with running(stage.consumer):
        await stage.has_effects(1)
        await stage.has_dead_letters(1)

    assert await quarantined(stage.engine) == {}


async def test_of_an_outsiders_topic_only_the_newest_state_counts(stage: Stage) -> None:
    await stage.lend(*(loan(version) for version in (3, 1, 3, 9)))

    async with running(stage.consumer):
        await stage.has_effects(2)

    assert await stage.effects_of("/talks/talks|L1") == [3, 9]


@pytest.mark.parametrize("poison", LOAN_POISONS)
async def test_a_poisonous_outsiders_record_is_put_aside_alone(stage: Stage, poison: bytes) -> None:
    await stage.lend(loan(1), poison, loan(8))

    async with running(stage.consumer):
        await stage.has_effects(2)
        await stage.has_dead_letters(1)

    assert await stage.effects_of("/talks/talks|L1") == [1, 8]
    assert await quarantined(stage.engine) == {}


async def test_a_fault_is_tried_again_and_loses_nothing(stage: Stage) -> None:
    stage.recorder.faults_left = 4
    await stage.say("talk-a", 1, 2, 3)

    async with running(stage.consumer):
        await stage.has_effects(3)

    assert await stage.effects_of("talk-a") == [1, 2, 3]
    assert await read_dead_letters(stage.consumer.kafka, stage.consumer.group) == []


async def test_a_lasting_fault_stops_its_partition_and_no_other(stage: Stage) -> None:
    stage.recorder.stuck_streams.add("talk-stuck")
    await stage.say_in(0, "talk-stuck", 1)
    await stage.say_in(0, "talk-behind", 1)
    await stage.say_in(1, "talk-beside", 1)

    async with running(stage.consumer):
        await stage.has_effects(1)
        await stage.say_in(1, "talk-beside", 2)
        await stage.has_effects(2)
        assert await stage.effects_of("talk-stuck") == []

        stage.recorder.stuck_streams.clear()
        await stage.has_effects(4)


async def test_two_workers_share_the_work_and_repeat_nothing(stage: Stage) -> None:
    streams = [f"talk-{n}" for n in range(30)]
    async with running(stage.consumer):
        for stream in streams[:15]:
            await stage.say(stream, 1, 2)
        async with running(stage.consumer):
            for stream in streams[15:]:
                await stage.say(stream, 1, 2)
            await stage.has_effects(60)
        for stream in streams:
            await stage.say(stream, 3)
        await stage.has_effects(90)

    for stream in streams:
        assert await stage.effects_of(stream) == [1, 2, 3]
    assert await read_dead_letters(stage.consumer.kafka, stage.consumer.group) == []
