"""Replay and discard of dead letters."""

import asyncio

import pytest

from vinculo.messaging import (
    Consumer,
    EarlierVersionPending,
    UnknownDeadLetter,
    discard,
    list_dead_letters,
    replay,
)

from .consumer_harness import Harness, loan
from .recorded_events import quarantined, running, value

pytestmark = pytest.mark.servers

POISON = value("poison")


async def quarantine_stream(harness: Harness) -> str:
    """Dead-letter versions 2 to 4 of a stream, the first as poison; its name."""
    await harness.send_events("talk-a", 1)
    partition, offset = await harness.send_value("talk-a", 2, POISON)
    await harness.send_events("talk-a", 3, 4)
    async with running(harness.consumer):
        await harness.wait_for_dead_letters(3)
        await harness.wait_for_quarantined({"talk-a": 4})
    return f"{harness.topic}/{partition}/{offset}"


async def skip(consumer: Consumer, topic: str, partition: int, offset: int) -> None:
    await discard(consumer, topic, partition, offset, discarded_by="ops", reason="of no use")


def parse_location(name: str) -> tuple[str, int, int]:
    topic, partition, offset = name.rsplit("/", 2)
    return topic, int(partition), int(offset)


async def test_after_the_fix_everything_is_applied_in_order(harness: Harness) -> None:
    await quarantine_stream(harness)
    harness.recorder.is_fixed = True

    report = await replay(harness.consumer)

    assert await harness.effects_of("talk-a") == [1, 2, 3, 4]
    assert (len(report.applied), report.dropped, report.waiting) == (3, [], {})
    assert report.released_streams == ["talk-a"]
    assert await quarantined(harness.engine) == {}
    assert await list_dead_letters(harness.consumer) == []

    await harness.send_events("talk-a", 5)
    async with running(harness.consumer):
        await harness.wait_for_effects(5)
    assert await harness.effects_of("talk-a") == [1, 2, 3, 4, 5]


async def test_without_the_fix_the_stream_waits_with_a_reason(harness: Harness) -> None:
    name = await quarantine_stream(harness)

    report = await replay(harness.consumer)

    assert await harness.effects_of("talk-a") == [1]
    assert await quarantined(harness.engine) == {"talk-a": 4}
    assert report.waiting[name] == "words: poison"
    assert set(report.waiting.values()) == {"words: poison", "follows version 2, which waits"}
    assert f"waiting  {name}: words: poison" in report.lines()


async def test_replaying_again_applies_nothing_again(harness: Harness) -> None:
    await quarantine_stream(harness)
    harness.recorder.is_fixed = True

    await replay(harness.consumer)
    report = await replay(harness.consumer)

    assert report.lines() == []
    assert await harness.effects_of("talk-a") == [1, 2, 3, 4]


async def test_concurrent_replays_apply_everything_once(harness: Harness) -> None:
    await quarantine_stream(harness)
    harness.recorder.is_fixed = True

    await asyncio.gather(*(replay(harness.consumer) for _ in range(3)))

    assert await harness.effects_of("talk-a") == [1, 2, 3, 4]
    assert await quarantined(harness.engine) == {}


async def test_a_replay_beside_the_running_consumer_loses_and_repeats_nothing(
    harness: Harness,
) -> None:
    await quarantine_stream(harness)
    harness.recorder.is_fixed = True

    async def send() -> None:
        for version in range(5, 60):
            await harness.send_events("talk-a", version)

    async def replay_until_released() -> None:
        while not sending.done() or await quarantined(harness.engine):
            await replay(harness.consumer)

    async with running(harness.consumer):
        sending = asyncio.create_task(send())
        await asyncio.wait_for(replay_until_released(), 40)
        await harness.wait_for_effects(59)

    assert await harness.effects_of("talk-a") == list(range(1, 60))


async def test_of_several_dead_letters_with_one_version_the_first_that_can_be_applied_is(
    harness: Harness,
) -> None:
    await harness.send_events("talk-a", 1)
    await harness.send_value("talk-a", 2, b"{torn")
    await harness.send_value("talk-a", 2, value("whole"))
    await harness.send_value("talk-a", 2, value("whole again"))
    await harness.send_events("talk-a", 3)
    async with running(harness.consumer):
        await harness.wait_for_dead_letters(4)

    report = await replay(harness.consumer)

    assert await harness.effects_of("talk-a") == [1, 2, 3]
    assert (len(report.applied), len(report.dropped), report.waiting) == (2, 2, {})
    assert await quarantined(harness.engine) == {}


async def test_the_version_of_a_discarded_dead_letter_is_skipped(harness: Harness) -> None:
    name = await quarantine_stream(harness)

    await skip(harness.consumer, *parse_location(name))
    report = await replay(harness.consumer)

    assert await harness.effects_of("talk-a") == [1, 3, 4]
    assert report.released_streams == ["talk-a"]
    assert await list_dead_letters(harness.consumer) == []


async def test_discarding_the_last_dead_letter_releases_the_stream(harness: Harness) -> None:
    await harness.send_events("talk-a", 1)
    partition, offset = await harness.send_value("talk-a", 2, POISON)
    async with running(harness.consumer):
        await harness.wait_for_dead_letters(1)
        await skip(harness.consumer, harness.topic, partition, offset)
        await harness.send_events("talk-a", 3)
        await harness.wait_for_effects(2)

    assert await harness.effects_of("talk-a") == [1, 3]


async def test_discarding_leaves_another_dead_letter_of_the_same_version(harness: Harness) -> None:
    await harness.send_events("talk-a", 1)
    partition, offset = await harness.send_value("talk-a", 2, b"{torn")
    await harness.send_value("talk-a", 2, value("whole"))
    async with running(harness.consumer):
        await harness.wait_for_dead_letters(2)

    await skip(harness.consumer, harness.topic, partition, offset)
    await replay(harness.consumer)

    assert await harness.effects_of("talk-a") == [1, 2]
    assert await quarantined(harness.engine) == {}


async def test_discarding_the_first_dead_letter_after_a_gap_skips_the_gap(harness: Harness) -> None:
    await harness.send_events("talk-a", 1, 4, 5)
    async with running(harness.consumer):
        await harness.wait_for_dead_letters(2)
    first, _ = await list_dead_letters(harness.consumer)

    await skip(harness.consumer, *first.key[:3])
    await replay(harness.consumer)

    assert await harness.effects_of("talk-a") == [1, 5]


async def test_only_the_earliest_unresolved_version_can_be_discarded(harness: Harness) -> None:
    await quarantine_stream(harness)
    *_, last = await list_dead_letters(harness.consumer)

    with pytest.raises(EarlierVersionPending, match="version 2 of talk-a"):
        await skip(harness.consumer, *last.key[:3])

    assert len(await list_dead_letters(harness.consumer)) == 3


async def test_an_unknown_dead_letter_cannot_be_discarded(harness: Harness) -> None:
    with pytest.raises(UnknownDeadLetter, match="nowhere/1/2"):
        await skip(harness.consumer, "nowhere", 1, 2)


async def test_a_dead_letter_of_a_topic_with_gaps_is_applied_if_it_is_the_newest(
    harness: Harness,
) -> None:
    await harness.send_loans(loan(5, "poison"))
    async with running(harness.consumer):
        await harness.wait_for_dead_letters(1)
    harness.recorder.is_fixed = True

    report = await replay(harness.consumer)

    assert len(report.applied) == 1
    assert await harness.effects_of("/talks/talks|L1") == [5]


async def test_a_dead_letter_of_a_topic_with_gaps_is_dropped_if_a_newer_version_was_applied(
    harness: Harness,
) -> None:
    await harness.send_loans(loan(5, "poison"), loan(8))
    async with running(harness.consumer):
        await harness.wait_for_dead_letters(1)
        await harness.wait_for_effects(1)
    harness.recorder.is_fixed = True

    report = await replay(harness.consumer)

    assert len(report.dropped) == 1
    assert await harness.effects_of("/talks/talks|L1") == [8]


async def test_a_dead_letter_without_a_stream_waits_until_it_is_discarded(harness: Harness) -> None:
    await harness.producer.send(harness.topic, [], b"noise")
    async with running(harness.consumer):
        await harness.wait_for_dead_letters(1)

    (letter,) = await list_dead_letters(harness.consumer)
    assert (await replay(harness.consumer)).waiting == {letter.name: "ce_type: missing"}

    await skip(harness.consumer, *letter.key[:3])
    assert await list_dead_letters(harness.consumer) == []


async def test_a_fault_ends_the_replay_and_loses_nothing(harness: Harness) -> None:
    await quarantine_stream(harness)
    harness.recorder.is_fixed = True
    harness.recorder.faults_left = 1

    with pytest.raises(ConnectionError):
        await replay(harness.consumer)

    await replay(harness.consumer)
    assert await harness.effects_of("talk-a") == [1, 2, 3, 4]


async def test_other_records_in_the_dead_letter_topic_are_ignored(harness: Harness) -> None:
    await harness.producer.send(f"{harness.consumer.group}.dead-letters", [], b"noise")
    await quarantine_stream(harness)

    assert len(await list_dead_letters(harness.consumer)) == 3


async def test_a_consumer_without_dead_letters_has_an_empty_list(harness: Harness) -> None:
    assert await list_dead_letters(harness.consumer) == []
    assert (await replay(harness.consumer)).lines() == []
