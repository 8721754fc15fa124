"""A person's own timeline in the order in which its events count, opened and ready to be folded."""

import asyncio
import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from vinculo.events import Erased
from vinculo.httpapi import Problem
from vinculo.messaging import ConsumedEvent
from vinculo.privacy import EnvelopeRefused, KeyMissing, KeyUnreadable
from vinculo.query_api.lists.pages import LONGEST_QUERY_MS
from vinculo.query_api.mongo import Collection, Document
from vinculo.query_api.person_document.personal import DecryptedPart, has_displayed_personal_data
from vinculo.query_api.person_document.timeline import (
    apply_event,
    bson_roundtrip,
    empty_person,
    event_from_entry,
)
from vinculo.query_api.profile.points import Point

MOST_EVENTS: Final = 5_000
"""A person has some fifty. A history is folded in memory, so that no longer one is."""

UNREADABLE: Final = (
    KeyMissing,
    KeyUnreadable,
    EnvelopeRefused,
    ValidationError,
    SQLAlchemyError,
    OSError,
)
"""What the key ring and the events themselves may raise."""

Entry = Mapping[str, Any]


class Keys(Protocol):
    async def open_many(
        self, sealed: Sequence[tuple[UUID, UUID, dict[str, Any]]]
    ) -> list[dict[str, Any] | Erased]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """An event with its place in time.

    It counts from its own time on, though never before an earlier one of its stream: the clocks of
    two machines may differ, and credit systems give times of their own.
    """

    entry: Entry
    counts_from: datetime
    received: ConsumedEvent
    opened: DecryptedPart = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """`told` is everything that happened to the person, in its order."""

    person_id: UUID
    told: Sequence[Happening]

    def until(self, point: Point) -> int:
        """How many events had happened by then. Raises Problem 404 for another's event."""
        if isinstance(point, UUID):
            for number, each in enumerate(self.told, start=1):
                if each.entry["_id"] == point:
                    return number
            raise Problem(404, "event-unknown")
        return sum(each.counts_from <= point for each in self.told)

    def document(self, number: int) -> Document:
        """The person's document after so many events."""
        document = empty_person(self.person_id)
        for each in self.told[:number]:
            apply_event(document, each.received, each.opened)
        return bson_roundtrip(document)

    def shown_since(self) -> datetime | None:
        """When the person was listed for the first time."""
        document = empty_person(self.person_id)
        for each in self.told:
            apply_event(document, each.received, each.opened)
            if document.get("kind") is not None:
                return each.counts_from
        return None


async def read_history(events: Collection, keys: Keys, person_id: UUID) -> History:
    """Raises Problem 410 for who is being erased, 422 and 503 for what cannot be folded."""
    found = (
        await events.find({"person_id": person_id}, max_time_ms=LONGEST_QUERY_MS)
        .limit(MOST_EVENTS + 1)
        .to_list(MOST_EVENTS + 1)
    )
    if len(found) > MOST_EVENTS:
        raise Problem(422, "history-too-long")
    try:
        told = await asyncio.to_thread(in_order, found)
        return History(person_id=person_id, told=await opened(keys, told))
    except UNREADABLE:
        raise Problem(503, "history-unreadable") from None


def in_order(entries: Iterable[Entry]) -> list[Happening]:
    """By time, every stream by version, and at one moment by id."""
    streams: dict[str, list[Entry]] = {}
    for entry in entries:
        streams.setdefault(entry["stream_id"], []).append(entry)
    return list(
        heapq.merge(
            *map(_stream_in_order, streams.values()),
            key=lambda each: (each.counts_from, each.entry["_id"]),
        )
    )


def _stream_in_order(entries: list[Entry]) -> list[Happening]:
    told: list[Happening] = []
    for entry in sorted(entries, key=lambda each: int(each["version"])):
        moment = max(entry["time"], told[-1].counts_from) if told else entry["time"]
        told.append(Happening(entry=entry, counts_from=moment, received=event_from_entry(entry)))
    return told


async def opened(keys: Keys, told: Sequence[Happening]) -> list[Happening]:
    """With the personal parts that a document shows; all others stay sealed."""
    sealed = {
        each.received.event_id: (
            each.received.subject,
            each.received.event_id,
            each.received.data["personal"],
        )
        for each in told
        if has_displayed_personal_data(each.received.payload)
        and each.received.payload.personal is not None
    }
    plain = dict(zip(sealed, await keys.open_many(list(sealed.values())), strict=True))
    if any(isinstance(each, Erased) for each in plain.values()):
        raise Problem(410, "person-erased")
    return [
        Happening(
            entry=each.entry,
            counts_from=each.counts_from,
            received=each.received,
            opened=plain.get(each.received.event_id),
        )
        for each in told
    ]
