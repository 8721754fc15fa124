"""Checkpoints of topic partitions: `{_id: "topic/3", topic, partition, offset, event_key, …}`.

`offset` is the next one to read and moves in the transaction that writes the batch. It decides
where the projector continues; the offset committed to Kafka is for lag monitoring only. `event_at`
is the time of the last applied event, `caught_up_at` when a rebuild had read the partition to its
end. `event_key` names the record before `offset`: a topic that has another one there was recreated.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from pymongo import UpdateOne

from vinculo.messaging import DecodedRecord, LogPosition, event_key
from vinculo.query_api.generations import Checkpoint, collection_names, generations
from vinculo.query_api.mongo import Collection, Database, Mongo, collection_of


class TopicPartition(NamedTuple):
    topic: str
    partition: int

    @property
    def key(self) -> str:
        return f"{self.topic}/{self.partition}"


class CheckpointMove(NamedTuple):
    """A batch moves a topic partition from one offset to another."""

    start: int
    end: int
    event_key: str
    event_at: datetime | None


class StoreUnusableError(Exception):
    """The store cannot take any batch now: no record is at fault."""


class CheckpointLostError(StoreUnusableError):
    """Another worker moved the checkpoint, or it was dropped: read it again and continue there."""

    def __init__(self) -> None:
        super().__init__("the stored checkpoint is not the one that this batch began at")


async def fence(
    mongo: Mongo,
    positions: Collection[Checkpoint],
    partitions: AbstractSet[TopicPartition],
    session: UUID,
) -> None:
    """Make this session the owner of the checkpoints, and abort transactions of earlier owners.

    A worker that was killed leaves its transaction open for up to a minute, which blocks all
    writers of the same documents. Missing checkpoints are made at offset 0.
    """
    keys = [each.key for each in partitions]
    earlier = await positions.distinct(
        "session", {"_id": {"$in": keys}, "session": {"$nin": [None, session]}}
    )
    await mongo.kill_sessions(earlier)
    await positions.bulk_write(
        [
            UpdateOne(
                {"_id": each.key},
                {
                    "$set": {"session": session},
                    "$setOnInsert": {
                        "topic": each.topic,
                        "partition": each.partition,
                        "offset": 0,
                    },
                },
                upsert=True,
            )
            for each in partitions
        ],
        ordered=False,
    )


async def store_checkpoints(
    positions: Collection[Checkpoint],
    offsets: Mapping[TopicPartition, int],
    last_records: Mapping[tuple[str, int], LogPosition],
    now: datetime,
) -> None:
    """Replace all checkpoints by those that a rebuild has reached, after these records."""
    await positions.delete_many({})
    documents: list[Checkpoint] = []
    for each, offset in offsets.items():
        document: Checkpoint = {
            "_id": each.key,
            "topic": each.topic,
            "partition": each.partition,
            "offset": offset,
            "applied_at": now,
            "caught_up_at": now,
        }
        if each in last_records:
            document["event_key"] = last_records[each].key
        documents.append(document)
    if documents:
        await positions.insert_many(documents)


async def read_checkpoints(
    positions: Collection[Checkpoint], partitions: Iterable[TopicPartition]
) -> dict[TopicPartition, Checkpoint]:
    """The checkpoint of each partition that has one."""
    by_key = {each.key: each for each in partitions}
    found = await positions.find({"_id": {"$in": list(by_key)}}).to_list(None)
    return {by_key[document["_id"]]: document for document in found}


def last_record(checkpoint: Checkpoint) -> LogPosition | None:
    """The record before the checkpoint; None at the beginning, and where its key is not known."""
    if checkpoint["offset"] == 0 or "event_key" not in checkpoint:
        return None
    return LogPosition(
        checkpoint["topic"],
        checkpoint["partition"],
        checkpoint["offset"] - 1,
        checkpoint["event_key"],
    )


async def forget_other_topics(database: Database, topics: Iterable[str]) -> int:
    """Delete the checkpoints of all topics but these in every generation; how many there were.

    They would never move again, so that the read model would seem to be further and further behind.
    """
    deleted = 0
    for generation in await generations(database):
        name = collection_names(generation.name).positions
        positions = collection_of(database, name, Checkpoint)
        result = await positions.delete_many({"topic": {"$nin": sorted(topics)}})
        deleted += result.deleted_count
    return deleted


def checkpoint_updates(
    moves: Mapping[TopicPartition, CheckpointMove], now: datetime
) -> list[UpdateOne]:
    """Updates that match only the offset at which the batch began.

    A worker that lost its partitions meanwhile matches nothing and cannot write, and a read model
    that was dropped is not filled from the middle.
    """
    updates = []
    for each, move in moves.items():
        values: dict[str, Any] = {
            "offset": move.end,
            "event_key": move.event_key,
            "applied_at": now,
        }
        if move.event_at is not None:
            values["event_at"] = move.event_at
        updates.append(UpdateOne({"_id": each.key, "offset": move.start}, {"$set": values}))
    return updates


def checkpoint_moves(
    records: Iterable[DecodedRecord], offsets: Mapping[TopicPartition, int]
) -> dict[TopicPartition, CheckpointMove]:
    """How a batch moves the checkpoint of each of its topic partitions.

    Raises:
        CheckpointLostError: a partition was revoked meanwhile.

    """
    last: dict[TopicPartition, ConsumerRecord] = {}
    event_at: dict[TopicPartition, datetime] = {}
    for each in records:
        partition = TopicPartition(each.record.topic, each.record.partition)
        last[partition] = each.record
        if each.event is not None:
            event_at[partition] = each.event.time
    if not offsets.keys() >= last.keys():
        raise CheckpointLostError
    return {
        each: CheckpointMove(
            start=offsets[each],
            end=record.offset + 1,
            event_key=event_key(record),
            event_at=event_at.get(each),
        )
        for each, record in last.items()
    }
