"""Up to where each topic partition is applied: `{_id: "topic/3", topic, partition, offset, …}`.

`offset` is the next one to read and changes in the transaction that writes the batch: it counts,
not the offset committed to Kafka, which is for those who watch lag. `event_at` is the time of the
last event applied; `caught_up_at` the last moment at which nothing was left to read.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import UpdateOne

from vinculo.query_api.mongo import Collection


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


async def read_positions(
    positions: Collection, wanted: Iterable[TopicPartition]
) -> dict[TopicPartition, int]:
    """The next offset of each; where nothing is applied yet, 0."""
    by_key = {each.key: each for each in wanted}
    found = await positions.find({"_id": {"$in": list(by_key)}}).to_list(None)
    offsets = {document["_id"]: int(document["offset"]) for document in found}
    return {each: offsets.get(key, 0) for key, each in by_key.items()}


def advance_updates(
    advances: Mapping[TopicPartition, Advance], now: datetime
) -> tuple[list[UpdateOne], int]:
    """The updates, and how many documents they must find or make.

    Each finds its document only at the offset at which the batch began, so that a worker which
    lost its partitions meanwhile cannot write, and a read model thrown away is not half filled.
    """
    updates = []
    for each, (start, end, event_at) in advances.items():
        values: dict[str, Any] = {"offset": end, "applied_at": now}
        if event_at is not None:
            values["event_at"] = event_at
        identity = {"topic": each.topic, "partition": each.partition}
        updates.append(
            UpdateOne(
                {"_id": each.key, "offset": start},
                {"$set": values, "$setOnInsert": identity},
                upsert=start == 0,
            )
        )
    return updates, len(updates)
