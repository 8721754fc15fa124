"""Quarantined streams and resolved dead letters, as documents of MongoDB.

A generation has its own quarantine, and its own resolutions of dead letters that were replayed. A
discarded dead letter counts for every generation, later ones included.
"""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from pymongo import UpdateOne

from vinculo.messaging import (
    DecidedRecord,
    Disposition,
    LetterKey,
    Outcome,
    QuarantineReason,
    Resolution,
    StreamState,
    subject_of,
)
from vinculo.query_api.generations import QuarantinedStream
from vinculo.query_api.mongo import Collection, Database, Document

DISCARDED: Final = "discarded_records"
APPLIED: Final = "applied_dead_letters"
"""Written by older versions of the code, for all generations at once."""
KEY_PARTS: Final = 4
MAX_IDS: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """A stream's quarantine; topic, partition and offset are those of its first dead letter."""

    last_dead_lettered_version: int
    reason: QuarantineReason
    since: datetime
    subject: UUID | None = None
    topic: str | None = None
    partition: int | None = None
    offset: int | None = None

    def document(self, stream_id: str) -> QuarantinedStream:
        return {
            "_id": stream_id,
            "last_dead_lettered_version": self.last_dead_lettered_version,
            "reason": self.reason.value,
            "since": self.since,
            "subject": self.subject,
            "topic": self.topic,
            "partition": self.partition,
            "offset": self.offset,
        }


@dataclass(frozen=True, slots=True)
class QuarantineChange:
    """A stream's quarantine as it was read, and as it is to be stored; None is none."""

    before: Quarantine | None
    after: Quarantine | None


def quarantine_of(document: QuarantinedStream) -> Quarantine:
    """Documents of older versions of the code have neither reason nor place."""
    return Quarantine(
        last_dead_lettered_version=document["last_dead_lettered_version"],
        reason=QuarantineReason(document.get("reason", QuarantineReason.POISON)),
        since=document["since"],
        subject=document.get("subject"),
        topic=document.get("topic"),
        partition=document.get("partition"),
        offset=document.get("offset"),
    )


def quarantine_changes(
    decided: Sequence[DecidedRecord], before: Mapping[str, Quarantine], now: datetime
) -> dict[str, QuarantineChange]:
    """By stream id, how the decisions change quarantines."""
    if not before and not any(each.decision.reason is not None for each in decided):
        return {}
    states: dict[str, StreamState] = {}
    first_letters: dict[str, DecidedRecord] = {}
    for each in decided:
        if each.record.position is None:
            continue
        stream_id = each.record.position[0]
        if each.state.reason is not None or stream_id in before or stream_id in states:
            states[stream_id] = each.state
        if each.decision.disposition is Disposition.QUARANTINE:
            first_letters.setdefault(stream_id, each)
    changes = {}
    for stream_id, state in states.items():
        earlier = before.get(stream_id)
        later = _quarantine_after(state, earlier, first_letters.get(stream_id), now)
        if later != earlier:
            changes[stream_id] = QuarantineChange(earlier, later)
    return changes


def _quarantine_after(
    state: StreamState, before: Quarantine | None, letter: DecidedRecord | None, now: datetime
) -> Quarantine | None:
    if state.last_dead_lettered_version is None or state.reason is None:
        return None
    if before is not None:
        return Quarantine(
            last_dead_lettered_version=state.last_dead_lettered_version,
            reason=state.reason,
            since=before.since,
            subject=before.subject,
            topic=before.topic,
            partition=before.partition,
            offset=before.offset,
        )
    record = None if letter is None else letter.record.record
    return Quarantine(
        last_dead_lettered_version=state.last_dead_lettered_version,
        reason=state.reason,
        since=now,
        subject=None if record is None else subject_of(record),
        topic=None if record is None else record.topic,
        partition=None if record is None else record.partition,
        offset=None if record is None else record.offset,
    )


async def read_quarantines(
    rows: Collection[QuarantinedStream], stream_ids: Iterable[str] | None = None
) -> dict[str, Quarantine]:
    """Those of these streams, or all of the generation, the oldest first."""
    of_streams = {} if stream_ids is None else {"_id": {"$in": list(stream_ids)}}
    found = await rows.find(of_streams).sort("since", 1).to_list(None)
    return {row["_id"]: quarantine_of(row) for row in found}


async def read_discarded(own: Database) -> frozenset[LetterKey]:
    """The discarded dead letters; those of older versions of the code have no event key."""
    return await _keys(own[DISCARDED])


async def read_resolved(own: Database, resolutions: Collection[Document]) -> frozenset[LetterKey]:
    """The dead letters that were resolved in a generation, or discarded in any."""
    return await _keys(own[DISCARDED]) | await _keys(own[APPLIED]) | await _keys(resolutions)


async def forget_resolutions(
    resolutions: Collection[Document], remaining: AbstractSet[LetterKey], before: datetime
) -> int:
    """Delete those from before this time that name none of the remaining dead letters."""
    old = resolutions.find({"resolved_at": {"$lt": before}}, {"_id": 1})
    ids = [each["_id"] async for each in old if _key(each["_id"]) not in remaining]
    deleted = 0
    for start in range(0, len(ids), MAX_IDS):
        result = await resolutions.delete_many({"_id": {"$in": ids[start : start + MAX_IDS]}})
        deleted += result.deleted_count
    return deleted


def discard_updates(resolutions: Iterable[Resolution], now: datetime) -> list[UpdateOne]:
    return [
        UpdateOne(
            {"_id": _id(each.key)},
            {
                "$setOnInsert": {
                    "discarded_at": now,
                    "discarded_by": each.resolved_by,
                    "reason": each.reason,
                }
            },
            upsert=True,
        )
        for each in resolutions
        if each.outcome is Outcome.DISCARDED
    ]


def resolution_updates(resolutions: Iterable[Resolution], now: datetime) -> list[UpdateOne]:
    """Discarded ones are stored for all generations, by `discard_updates`."""
    return [
        UpdateOne(
            {"_id": _id(each.key)},
            {"$setOnInsert": {"outcome": each.outcome.value, "resolved_at": now}},
            upsert=True,
        )
        for each in resolutions
        if each.outcome is not Outcome.DISCARDED
    ]


def _id(key: LetterKey) -> str:
    return "/".join(map(str, key))


async def _keys(resolutions: Collection[Document]) -> frozenset[LetterKey]:
    found = [document["_id"] async for document in resolutions.find({}, {"_id": 1})]
    return frozenset(_key(name) for name in found)


def _key(name: str) -> LetterKey:
    """From `topic/partition/offset`, with `/event key` unless it is of an older version."""
    topic, partition, offset, *event_key = name.split("/", KEY_PARTS - 1)
    return LetterKey(topic, int(partition), int(offset), "".join(event_key))
