"""Resolved dead letters are deleted after their retention, unresolved ones never."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from vinculo.events import utc_now
from vinculo.messaging import (
    Consumer,
    DeadLetters,
    QuarantineReason,
    dead_letter_topic,
    discard,
    list_dead_letters,
    prune_dead_letters,
    replay,
)
from vinculo.messaging import dead_letter_retention as retention
from vinculo.messaging.dead_letters import read_dead_letter_records

from .consumer_harness import Harness
from .recorded_events import headers, record, running, subject_of, value

pytestmark = pytest.mark.servers

POISON = value("poison")


def later() -> datetime:
    """A time at which everything that was written is older than the retention."""
    return utc_now() + timedelta(minutes=1)


async def quarantine(harness: Harness, *streams: str) -> None:
    """Dead-letter versions 1 and 2 of each stream, the first as poison."""
    for stream in streams:
        await harness.send_value(stream, 1, POISON)
        await harness.send_events(stream, 2)
    async with running(harness.consumer):
        await harness.wait_for_dead_letters(2 * len(streams))
        await harness.wait_for_quarantined(dict.fromkeys(streams, 2))


async def replay_only(harness: Harness, stream: str) -> None:
    harness.recorder.is_fixed = True
    await replay(harness.consumer, {stream})
    harness.recorder.is_fixed = False


async def resolutions(harness: Harness) -> list[str]:
    async with harness.engine.connect() as connection:
        found = await connection.execute(
            text("SELECT outcome FROM resolved_dead_letters ORDER BY outcome")
        )
        return [row.outcome for row in found]


async def kept_values(consumer: Consumer) -> list[bytes]:
    return [each.value for each in await read_dead_letter_records(consumer.kafka, consumer.group)]


async def test_resolved_dead_letters_and_their_resolutions_are_deleted(harness: Harness) -> None:
    await quarantine(harness, "talk-a")
    await replay_only(harness, "talk-a")

    assert await prune_dead_letters([harness.consumer], later()) == (2, 2)

    assert await kept_values(harness.consumer) == []
    assert await resolutions(harness) == []
    assert await prune_dead_letters([harness.consumer], later()) == (0, 0)
    await harness.send_value("talk-a", 3, POISON)
    async with running(harness.consumer):
        await harness.wait_for_dead_letters(1)
    assert [each.key[0] for each in await list_dead_letters(harness.consumer)] == [harness.topic]


async def test_younger_dead_letters_are_kept(harness: Harness) -> None:
    await quarantine(harness, "talk-a")
    await replay_only(harness, "talk-a")

    pruned = await prune_dead_letters([harness.consumer], utc_now() - timedelta(days=1))

    assert pruned == (0, 0)
    assert len(await kept_values(harness.consumer)) == 2
    assert await resolutions(harness) == ["replayed", "replayed"]


async def test_an_unresolved_dead_letter_stops_the_deletion_in_its_partition(
    harness: Harness,
) -> None:
    """Its stream waits for it, so it must be there, however old it is."""
    await quarantine(harness, "talk-a")
    partition, offset = await harness.send_value("talk-a", 3, POISON)
    async with running(harness.consumer):
        await harness.wait_for_dead_letters(3)
    await replay_only(harness, "talk-a")
    await harness.send_value("talk-a", 4, POISON)
    async with running(harness.consumer):
        await harness.wait_for_dead_letters(4)
    (waiting,) = await list_dead_letters(harness.consumer)

    assert (await prune_dead_letters([harness.consumer], later())).records == 3

    assert (waiting.topic, waiting.partition) == (harness.topic, partition)
    assert waiting.offset > offset
    assert await list_dead_letters(harness.consumer) == [waiting]
    harness.recorder.is_fixed = True
    await replay(harness.consumer)
    assert await harness.effects_of("talk-a") == [1, 2, 3, 4]


async def test_what_is_behind_an_unresolved_dead_letter_stays_with_its_resolution(
    harness: Harness,
) -> None:
    """Kafka deletes from the beginning only; without its row it would be listed again."""
    dead_letters = DeadLetters(harness.consumer.kafka, harness.consumer.group)
    for stream in ("talk-a", "talk-b"):
        broken = record(headers(stream, 1), POISON, key=b"same", topic=harness.topic)
        await dead_letters.put(broken, QuarantineReason.POISON, "broken")
    await dead_letters.close()
    await replay_only(harness, "talk-b")

    assert await prune_dead_letters([harness.consumer], later()) == (0, 0)

    assert len(await kept_values(harness.consumer)) == 2
    (waiting,) = await list_dead_letters(harness.consumer)
    assert waiting.subject == subject_of("talk-a")


async def test_who_discarded_a_record_stays_on_record(harness: Harness) -> None:
    await quarantine(harness, "talk-a")
    (letter, _) = await list_dead_letters(harness.consumer)
    await discard(harness.consumer, *letter.key[:3], discarded_by="ops", reason="of no use")
    await replay_only(harness, "talk-a")

    await prune_dead_letters([harness.consumer], later())

    assert await kept_values(harness.consumer) == []
    assert await resolutions(harness) == ["discarded"]


async def test_a_crash_between_the_two_steps_leaves_resolutions_for_the_next_run(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    await quarantine(harness, "talk-a")
    await replay_only(harness, "talk-a")

    def crash(_: str) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(retention, "crash_point", crash)
    with pytest.raises(RuntimeError, match="killed"):
        await prune_dead_letters([harness.consumer], later())
    monkeypatch.undo()

    assert await kept_values(harness.consumer) == []
    assert await resolutions(harness) == ["replayed", "replayed"]
    assert await list_dead_letters(harness.consumer) == []
    assert await prune_dead_letters([harness.consumer], later()) == (0, 2)


async def test_a_dead_letter_that_newer_code_wrote_is_kept(harness: Harness) -> None:
    topic = dead_letter_topic(harness.consumer.group)
    await harness.producer.send(topic, [("x-dlq-reason", b"of-tomorrow")], b"{}", b"key")

    assert await prune_dead_letters([harness.consumer], later()) == (0, 0)

    assert await kept_values(harness.consumer) == [b"{}"]


async def test_all_consumers_of_a_group_must_have_resolved_a_dead_letter(
    harness: Harness,
) -> None:
    await quarantine(harness, "talk-a")
    other = Consumer(
        harness.consumer.group,
        harness.consumer.sources,
        _WaitingForAll(),  # type: ignore[arg-type]  # only what pruning asks
        harness.consumer.kafka,
    )
    await replay_only(harness, "talk-a")

    assert (await prune_dead_letters([harness.consumer, other], later())).records == 0
    assert len(await kept_values(harness.consumer)) == 2


async def test_nothing_is_deleted_while_it_must_not_be(harness: Harness) -> None:
    await quarantine(harness, "talk-a")
    await replay_only(harness, "talk-a")

    async def never() -> bool:
        return False

    assert await prune_dead_letters([harness.consumer], later(), may_delete=never) == (0, 0)
    assert len(await kept_values(harness.consumer)) == 2


async def test_without_its_topic_nothing_is_deleted(harness: Harness) -> None:
    await quarantine(harness, "talk-a")
    await replay_only(harness, "talk-a")
    nowhere = Consumer(
        "nobody", harness.consumer.sources, harness.consumer.checkpoints, harness.consumer.kafka
    )

    assert await prune_dead_letters([nowhere], later()) == (0, 0)
    assert await resolutions(harness) == ["replayed", "replayed"]


class _WaitingForAll:
    async def unresolved(self, letters: dict[object, object]) -> list[object]:
        return list(letters)

    async def forget_resolutions(self, *_: object) -> int:
        return 0
