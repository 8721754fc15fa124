"""Deletes resolved dead letters after their retention, so that their topics stay bounded.

Kafka deletes from the beginning of a partition only, so records are deleted up to the first one
that is unresolved or younger. The resolutions that name no record any more are deleted afterwards:
a crash in between leaves resolutions only, which the next run deletes.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, NamedTuple

import structlog
from aiokafka import ConsumerRecord, TopicPartition  # type: ignore[import-untyped]
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete  # type: ignore[import-untyped]
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.events import utc_now
from vinculo.messaging.checkpoints import LetterKey
from vinculo.messaging.consumer import Consumer
from vinculo.messaging.dead_letters import (
    DeadLetter,
    TopicMissing,
    decode_dead_letter,
    read_dead_letter_records,
)
from vinculo.process import (
    PRUNING_INTERVAL_SECONDS,
    PeriodicJob,
    crash_point,
    run_to_completion,
)

JOB: Final = "prune-dead-letters"
DELETE_TIMEOUT_SECONDS: Final = 60.0
"""Also of a cancelled run, which completes it: aiokafka would leave a connection open."""

log = structlog.get_logger()


class Pruned(NamedTuple):
    """How many records and resolutions were deleted."""

    records: int
    resolutions: int


async def prune_dead_letters(
    consumers: Sequence[Consumer],
    before: datetime,
    *,
    may_delete: Callable[[], Awaitable[bool]] | None = None,
) -> Pruned:
    """Delete the resolved dead letters of one group that were written before this time.

    Of several consumers of the group, all must have resolved a dead letter. A dead letter that
    cannot be read is kept, because newer code may have written it; one of a topic that no consumer
    reads any more is deleted. `may_delete` is called right before anything is deleted.

    Raises:
        KafkaError: Kafka cannot be reached or refuses the deletion; the next run repeats it.

    """
    kafka, group = consumers[0].kafka, consumers[0].group
    try:
        records = await read_dead_letter_records(kafka, group)
    except TopicMissing as error:
        log.warning("dead-letters-not-pruned", consumer=group, error=str(error))
        return Pruned(0, 0)
    letters = [(record, decode_dead_letter(record)) for record in records]
    unresolved = await _unresolved(consumers, [each for _, each in letters if each is not None])
    ends: dict[TopicPartition, int] = {}
    deleted = 0
    for partition, of_partition in groupby(letters, key=lambda each: each[0].partition):
        for record, letter in of_partition:
            if letter is None or letter.key in unresolved or letter.dead_lettered_at >= before:
                break
            ends[TopicPartition(record.topic, partition)] = record.offset + 1
            deleted += 1
    if may_delete is not None and not await may_delete():
        return Pruned(0, 0)
    await run_to_completion(_delete_records(kafka, ends), timeout_seconds=DELETE_TIMEOUT_SECONDS)
    crash_point("dead-letters-after-delete-records")
    remaining = {each.key for record, each in letters if each and not _is_deleted(record, ends)}
    resolutions = sum(
        [await each.checkpoints.forget_resolutions(remaining, before) for each in consumers]
    )
    if deleted or resolutions:
        log.info("dead-letters-pruned", consumer=group, count=deleted, rows=resolutions)
    return Pruned(deleted, resolutions)


def dead_letter_pruning_job(
    consumers: Callable[[], AbstractAsyncContextManager[Sequence[Consumer]]],
    kept: timedelta,
    engine: AsyncEngine,
    *,
    may_delete: Callable[[], Awaitable[bool]] | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> PeriodicJob:
    """An hourly job that prunes the groups of these consumers, opened for each run."""

    async def prune() -> None:
        async with consumers() as opened:
            by_group: dict[str, list[Consumer]] = {}
            for consumer in opened:
                by_group.setdefault(consumer.group, []).append(consumer)
            for of_group in by_group.values():
                await prune_dead_letters(of_group, clock() - kept, may_delete=may_delete)

    return PeriodicJob(
        name=JOB, work=prune, interval_seconds=PRUNING_INTERVAL_SECONDS, engine=engine
    )


async def _unresolved(
    consumers: Iterable[Consumer], letters: Iterable[DeadLetter]
) -> set[LetterKey]:
    """Those that wait in any of the consumers."""
    found: set[LetterKey] = set()
    by_key = {each.key: each for each in letters}
    for consumer in consumers:
        decoded = {
            key: consumer.decode(each.record)
            for key, each in by_key.items()
            if consumer.source_of(each.topic) is not None
        }
        found.update(await consumer.checkpoints.unresolved(decoded))
    return found


async def _delete_records(kafka: str, ends: dict[TopicPartition, int]) -> None:
    if not ends:
        return
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        await client.start()
        await client.delete_records(
            {each: RecordsToDelete(before_offset=end) for each, end in ends.items()}
        )
    finally:
        await client.close()


def _is_deleted(record: ConsumerRecord, ends: dict[TopicPartition, int]) -> bool:
    return bool(record.offset < ends.get(TopicPartition(record.topic, record.partition), 0))
