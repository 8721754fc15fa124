"""Recognises topics that were recreated: a position in them names a record they no longer have.

An offset alone does not tell, because a new topic grows beyond it sooner or later. So a position
keeps the event id of its record too.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition  # type: ignore[import-untyped]
from aiokafka.admin import AIOKafkaAdminClient  # type: ignore[import-untyped]

from vinculo.messaging.decoding import event_key
from vinculo.messaging.kafka_consumer import started
from vinculo.process import run_to_completion

POLL_MS: Final = 200
FETCH_WAIT_MS: Final = 10
COUNTS_TIMEOUT_SECONDS: Final = 20.0
FETCH_BYTES: Final = 64 * 1024
"""At least one record is fetched, however large; the others after it are not needed."""


class LogPosition(NamedTuple):
    """The record at an offset; `key` is its event id, or a hash of the value without one."""

    topic: str
    partition: int
    offset: int
    key: str


async def missing_records(kafka: str, positions: Iterable[LogPosition]) -> list[LogPosition]:
    """Those of the positions whose record the topic does not have.

    A record that retention has deleted is not missing. Topics that do not exist are passed over:
    they are waited for elsewhere. May raise a KafkaError or an OSError.
    """
    known = {TopicPartition(each.topic, each.partition): each for each in positions}
    if not known:
        return []
    counts = await partition_counts(kafka, {each.topic for each in known})
    missing = [at for each, at in known.items() if each.partition >= counts.get(each.topic, 2**31)]
    present = {each: at for each, at in known.items() if each.partition < counts.get(each.topic, 0)}
    async with _reader(kafka, present) as consumer:
        ends = await consumer.end_offsets(list(present)) if present else {}
        found = await _read(consumer, {each: at.offset for each, at in present.items()})
    for each, at in present.items():
        record = found.get(each)
        # A compacted topic may have dropped the record; the next one says nothing then.
        is_other = record is not None and record.offset == at.offset and event_key(record) != at.key
        if is_other or at.offset >= ends[each]:
            missing.append(at)
    return missing


async def positions_at(
    kafka: str, offsets: Mapping[tuple[str, int], int]
) -> dict[tuple[str, int], LogPosition]:
    """The positions at these offsets of topic partitions; without those that have no record."""
    at = {TopicPartition(*each): offset for each, offset in offsets.items() if offset >= 0}
    async with _reader(kafka, at) as consumer:
        found = await _read(consumer, at)
    return {
        (each.topic, each.partition): LogPosition(
            each.topic, each.partition, record.offset, event_key(record)
        )
        for each, record in found.items()
        if record.offset == at[each]
    }


@asynccontextmanager
async def _reader(
    kafka: str, partitions: Collection[TopicPartition]
) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=FETCH_WAIT_MS,
        max_partition_fetch_bytes=FETCH_BYTES,
    )
    async with started(consumer):
        if partitions:
            consumer.assign(list(partitions))
            consumer.pause(*partitions)
        yield consumer


async def _read(
    consumer: AIOKafkaConsumer, offsets: Mapping[TopicPartition, int]
) -> dict[TopicPartition, ConsumerRecord]:
    """The first record at or after each offset that is within the log."""
    if not offsets:
        return {}
    begins = await consumer.beginning_offsets(list(offsets))
    ends = await consumer.end_offsets(list(offsets))
    unread = {e for e, offset in offsets.items() if begins[e] <= offset < ends[e]}
    for each in unread:
        consumer.seek(each, offsets[each])
        consumer.resume(each)
    found: dict[TopicPartition, ConsumerRecord] = {}
    while unread:
        for each, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
            found.setdefault(each, records[0])
            consumer.pause(each)
            unread.discard(each)
    return found


async def partition_counts(kafka: str, topics: Collection[str]) -> dict[str, int]:
    """How many partitions each topic has; without those that do not exist.

    It is completed even when cancelled: aiokafka would leave a connection open.
    May raise a KafkaError or an OSError.
    """
    return await run_to_completion(
        _partition_counts(kafka, topics), timeout_seconds=COUNTS_TIMEOUT_SECONDS
    )


async def _partition_counts(kafka: str, topics: Collection[str]) -> dict[str, int]:
    client = AIOKafkaAdminClient(bootstrap_servers=kafka)
    try:
        await client.start()
        described = await client.describe_topics(sorted(topics))
    finally:
        await run_to_completion(client.close())
    return {each["topic"]: len(each["partitions"]) for each in described if each["partitions"]}
