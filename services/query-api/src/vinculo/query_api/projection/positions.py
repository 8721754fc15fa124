"""Up to where each topic partition is applied: `{_id: "topic/3", topic, partition, offset, …}`.

`offset` is the next one to read and changes in the transaction that writes the batch: it counts,
not the offset committed to Kafka, which is for those who watch lag. `event_at` is the time of the
last event applied; `caught_up_at` the last moment at which nothing was left to read.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pymongo import UpdateOne

from vinculo.query_api.mongo import Collection, Mongo


class TopicPartition(NamedTuple):
    topic: str
    partition: int

    @property
    def key(self) -> str:
        return f"{self.topic}/{self.partition}"


class Advance(NamedTuple):
    """A batch takes a topic partition from one offset to another."""

    start: int
    end: int
    event_at: datetime | None


class PositionLostError(Exception):
    """Someone else moved the position, or it was dropped: read it anew and go on from there."""

    def __init__(self) -> None:
        super().__init__("the stored position is not the one that this batch began at")


async def take_over(
    mongo: Mongo, positions: Collection, wanted: AbstractSet[TopicPartition], session: UUID
) -> None:
    """Make this session the one that moves these positions, and end what others left unfinished.

    A worker that was killed leaves its transaction open for up to a minute, in the way of all who
    write the same documents. Making the documents of what nothing was applied of yet comes along.
    """
    keys = [each.key for each in wanted]
    left = await positions.distinct(
        "session", {"_id": {"$in": keys}, "session": {"$nin": [None, session]}}
    )
    await mongo.kill_sessions(left)
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
            for each in wanted
        ],
        ordered=False,
    )


async def load_positions(
    positions: Collection, offsets: Mapping[TopicPartition, int], now: datetime
) -> None:
    """Tell up to where a load has come, in place of whatever was told before."""
    await positions.delete_many({})
    if offsets:
        await positions.insert_many(
            [
                {
                    "_id": each.key,
                    "topic": each.topic,
                    "partition": each.partition,
                    "offset": offset,
                    "applied_at": now,
                    "lag": 0,
                    "caught_up_at": now,
                }
                for each, offset in offsets.items()
            ]
        )


async def read_positions(
    positions: Collection, wanted: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """The next offset of each that has a document."""
    by_key = {each.key: each for each in wanted}
    found = await positions.find({"_id": {"$in": list(by_key)}}).to_list(None)
    return {by_key[document["_id"]]: int(document["offset"]) for document in found}


def advance_updates(advances: Mapping[TopicPartition, Advance], now: datetime) -> list[UpdateOne]:
    """Each finds its document only at the offset at which the batch began.

    So a worker that lost its partitions meanwhile cannot write, and a read model that was thrown
    away is not half filled.
    """
    updates = []
    for each, (start, end, event_at) in advances.items():
        values: dict[str, Any] = {"offset": end, "applied_at": now}
        if event_at is not None:
            values["event_at"] = event_at
        updates.append(UpdateOne({"_id": each.key, "offset": start}, {"$set": values}))
    return updates


async def note_lag(
    positions: Collection, lags: Mapping[TopicPartition, int], now: datetime
) -> None:
    """Say how many records of each lie in Kafka unapplied; with none, it is caught up now."""
    caught_up = [each.key for each, lag in lags.items() if not lag]
    behind = [
        UpdateOne({"_id": each.key}, {"$set": {"lag": lag}}) for each, lag in lags.items() if lag
    ]
    if caught_up:
        await positions.update_many(
            {"_id": {"$in": caught_up}}, {"$set": {"lag": 0, "caught_up_at": now}}
        )
    if behind:
        await positions.bulk_write(behind, ordered=False)
