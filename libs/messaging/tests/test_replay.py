"""Dead letters heard again: what a replay applies, drops and leaves."""

import asyncio

import pytest

from vinculo.messaging import (
    EarlierVersionPending,
    UnknownDeadLetter,
    discard,
    list_dead_letters,
    replay,
)

from .consuming_stage import Stage, loan
from .recorded_events import quarantined, running, value

pytestmark = pytest.mark.servers

POISON = value("poison")


async def poisoned(stage: Stage) -> str:
    """Have version 2 of a stream refused, 3 and 4 following it; give the name of the first."""
    await stage.say("talk-a", 1)
    partition, offset = await stage.put("talk-a", 2, POISON)
    await stage.say("talk-a", 3, 4)
    async with running(stage.consumer):
        await stage.has_dead_letters(3)
        await stage.has_quarantined({"talk-a": 4})
    return f"{stage.topic}/{partition}/{offset}"


def place(name: str) -> tuple[str, int, int]:
    topic, partition, offset = name.rsplit("/", 2)
    return topic, int(partition), int(offset)


async def test_after_the_cure_everything_is_applied_in_order(stage: Stage) -> None:
    await poisoned(stage)
    stage.recorder.cured = True

    report = await replay(stage.consumer)

    assert await stage.effects_of("talk-a") == [1, 2, 3, 4]
    assert (len(report.applied), report.dropped, report.waiting) == (3, [], {})
    assert report.released_streams == ["talk-a"]
    assert await quarantined(stage.engine) == {}
    assert await list_dead_letters(stage.consumer) == []

    await stage.say("talk-a", 5)
    async with running(stage.consumer):
        await stage.has_effects(5)
    assert await stage.effects_of("talk-a") == [1, 2, 3, 4, 5]


async def test_without_the_cure_the_stream_waits_and_says_why(stage: Stage) -> None:
    name = await poisoned(stage)

    report = await replay(stage.consumer)

    assert await stage.effects_of("talk-a") == [1]
    assert await quarantined(stage.engine) == {"talk-a": 4}
    assert report.waiting[name] == "words: poison"
    assert set(report.waiting.values()) == {"words: poison", "follows version 2, which waits"}
    assert f"waiting  {name}: words: poison" in report.lines()


async def test_replaying_again_applies_nothing_again(stage: Stage) -> None:
    await poisoned(stage)
    stage.recorder.cured = True

    await replay(stage.consumer)
    report = await replay(stage.consumer)

    assert report.lines() == []
    assert await stage.effects_of("talk-a") == [1, 2, 3, 4]


async def test_replays_at_once_apply_everything_once(stage: Stage) -> None:
    await poisoned(stage)
    stage.recorder.cured = True

    await asyncio.gather(*(replay(stage.consumer) for _ in range(3)))

    assert await stage.effects_of("talk-a") == [1, 2, 3, 4]
    assert await quarantined(stage.engine) == {}


async def test_a_replay_while_the_worker_runs_loses_and_repeats_nothing(stage: Stage) -> None:
    await poisoned(stage)
    stage.recorder.cured = True

    async def speak() -> None:
        for version in range(5, 60):
            await stage.say("talk-a", version)

    async def replay_until_released() -> None:
        while not speaking.done() or await quarantined(stage.engine):
            await replay(stage.consumer)

    async with running(stage.consumer):
        speaking = asyncio.create_task(speak())
        await asyncio.wait_for(replay_until_released(), 40)
        await stage.has_effects(59)

    assert await stage.effects_of("talk-a") == list(range(1, 60))


async def test_of_several_letters_of_one_version_the_first_that_applies_wins(
    stage: Stage,
) -> None:
    await stage.say("talk-a", 1)
    await stage.put("talk-a", 2, b"{torn")
    await stage.put("talk-a", 2, value("whole"))
    await stage.put("talk-a", 2, value("whole again"))
    await stage.say("talk-a", 3)
    async with running(stage.consumer):
        await stage.has_dead_letters(4)

    report = await replay(stage.consumer)

    assert await stage.effects_of("talk-a") == [1, 2, 3]
    assert (len(report.applied), len(report.dropped), report.waiting) == (2, 2, {})
    assert await quarantined(stage.engine) == {}


async def test_a_letter_given_up_counts_as_skipped(stage: Stage) -> None:
    name = await poisoned(stage)

    await discard(stage.consumer, *place(name))
    report = await replay(stage.consumer)

    assert await stage.effects_of("talk-a") == [1, 3, 4]
    assert report.released_streams == ["talk-a"]
    assert await list_dead_letters(stage.consumer) == []


async def test_the_last_letter_given_up_releases_the_stream(stage: Stage) -> None:
    await stage.say("talk-a", 1)
    partition, offset = await stage.put("talk-a", 2, POISON)
    async with running(stage.consumer):
        await stage.has_dead_letters(1)
        await discard(stage.consumer, stage.topic, partition, offset)
        await stage.say("talk-a", 3)
        await stage.has_effects(2)

    assert await stage.effects_of("talk-a") == [1, 3]


async def test_a_letter_given_up_leaves_another_of_its_version_its_chance(stage: Stage) -> None:
    await stage.say("talk-a", 1)
    partition, offset = await stage.put("talk-a", 2, b"{torn")
    await stage.put("talk-a", 2, value("whole"))
    async with running(stage.consumer):
        await stage.has_dead_letters(2)

    await discard(stage.consumer, stage.topic, partition, offset)
    await replay(stage.consumer)

    assert await stage.effects_of("talk-a") == [1, 2]
    assert await quarantined(stage.engine) == {}


async def test_a_gap_is_given_up_with_the_first_letter_behind_it(stage: Stage) -> None:
    await stage.say("talk-a", 1, 4, 5)
    async with running(stage.consumer):
        await stage.has_dead_letters(2)
    first, _ = await list_dead_letters(stage.consumer)

    await discard(stage.consumer, *first.place)
    await replay(stage.consumer)

    assert await stage.effects_of("talk-a") == [1, 5]


async def test_only_the_first_waiting_version_can_be_given_up(stage: Stage) -> None:
    await poisoned(stage)
    *_, last = await list_dead_letters(stage.consumer)

    with pytest.raises(EarlierVersionPending, match="version 2 of talk-a"):
        await discard(stage.consumer, *last.place)

    assert len(await list_dead_letters(stage.consumer)) == 3


async def test_what_is_no_dead_letter_cannot_be_given_up(stage: Stage) -> None:
    with pytest.raises(UnknownDeadLetter, match="nowhere/1/2"):
        await discard(stage.consumer, "nowhere", 1, 2)


async def test_an_outsiders_letter_is_applied_unless_a_newer_state_is_known(
    stage: Stage,
) -> None:
    await stage.lend(loan(5, "poison"))
    async with running(stage.consumer):
        await stage.has_dead_letters(1)
    stage.recorder.cured = True

    report = await replay(stage.consumer)

    assert len(report.applied) == 1
    assert await stage.effects_of("/talks/talks|L1") == [5]


async def test_an_outsiders_letter_older_than_what_is_known_is_dropped(stage: Stage) -> None:
    await stage.lend(loan(5, "poison"), loan(8))
    async with running(stage.consumer):
        await stage.has_dead_letters(1)
        await stage.has_effects(1)
    stage.recorder.cured = True

    report = await replay(stage.consumer)

    assert len(report.dropped) == 1
    assert await stage.effects_of("/talks/talks|L1") == [8]


async def test_a_letter_that_names_no_stream_waits_until_it_is_given_up(stage: Stage) -> None:
    await stage.speaker.put(stage.topic, [], b"noise")
    async with running(stage.consumer):
        await stage.has_dead_letters(1)

    (letter,) = await list_dead_letters(stage.consumer)
    assert (await replay(stage.consumer)).waiting == {letter.name: "ce_type: missing"}

    await discard(stage.consumer, *letter.place)
    assert await list_dead_letters(stage.consumer) == []


async def test_a_fault_ends_the_replay_and_loses_nothing(stage: Stage) -> None:
    await poisoned(stage)
    stage.recorder.cured = True
    stage.recorder.faults_left = 1

    with pytest.raises(ConnectionError):
        await replay(stage.consumer)

    await replay(stage.consumer)
    assert await stage.effects_of("talk-a") == [1, 2, 3, 4]


async def test_what_is_no_letter_among_them_is_passed_over(stage: Stage) -> None:
    await stage.speaker.put(f"{stage.consumer.group}.dead-letters", [], b"noise")
    await poisoned(stage)

    assert len(await list_dead_letters(stage.consumer)) == 3


async def test_a_consumer_without_dead_letters_has_none(stage: Stage) -> None:
    assert await list_dead_letters(stage.consumer) == []
    assert (await replay(stage.consumer)).lines() == []
