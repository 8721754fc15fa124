"""Points in a person's history: a moment, or an event."""

import asyncio
import heapq
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Protocol, TypeAlias
from uuid import UUID

from pydantic import Field, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from vinculo.events import Erased
from vinculo.httpapi import Problem
from vinculo.messaging import ConsumedEvent
from vinculo.privacy import EnvelopeRefused, KeyMissing, KeyUnreadable
from vinculo.query_api.mongo import MAX_QUERY_MS, Collection, Document
from vinculo.query_api.person_document.personal import DecryptedPart, has_displayed_personal_data
from vinculo.query_api.person_document.timeline import (
    apply_event,
    bson_roundtrip,
    empty_person,
    event_from_entry,
)

Point: TypeAlias = datetime | UUID
PointText: TypeAlias = Annotated[str, Field(min_length=1, max_length=40)]
"""As a client writes it: RFC 3339 with a zone, or an event's id."""

_MOMENT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_MICROSECONDS: Final = 6


def parse_point(text: str, now: datetime) -> Point:
    """Raises Problem 422 for what is no point, and for a moment that is still to come."""
    moment = _moment_of(text)
    if moment is None:
        try:
            return UUID(text)
        except ValueError:
            raise Problem(422, "point-invalid") from None
    if moment > now:
        raise Problem(422, "point-to-come")
    return moment


def _moment_of(text: str) -> datetime | None:
    """None for what is no moment."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    fraction = found[1] or ""
    cut = fraction[: _MICROSECONDS + 1].ljust(_MICROSECONDS + 1, "0") if fraction else ""
    try:
        return datetime.fromisoformat(
            text[:19].upper() + cut + found[2].upper().replace("Z", "+00:00")
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Problem(422, "point-invalid") from None


MAX_EVENTS: Final = 5_000
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


class EnvelopeKeys(Protocol):
    async def open_many(
        self, sealed: Sequence[tuple[UUID, UUID, dict[str, Any]]]
    ) -> list[dict[str, Any] | Erased]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalEvent:
    """An event with its place in time.

    It counts from its own time on, though never before an earlier one of its stream: the clocks of
    two machines may differ, and credit systems give times of their own.
    """

    entry: Entry
    counts_from: datetime
    received: ConsumedEvent
    opened: DecryptedPart = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonHistory:
    """`told` is everything that happened to the person, in its order."""

    person_id: UUID
    told: Sequence[HistoricalEvent]

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


async def read_history(events: Collection, keys: EnvelopeKeys, person_id: UUID) -> PersonHistory:
    """Raises Problem 410 for who is being erased, 422 and 503 for what cannot be folded."""
    found = (
        await events.find({"person_id": person_id}, max_time_ms=MAX_QUERY_MS)
        .limit(MAX_EVENTS + 1)
        .to_list(MAX_EVENTS + 1)
    )
    if len(found) > MAX_EVENTS:
        raise Problem(422, "history-too-long")
    try:
        told = await asyncio.to_thread(order_events, found)
        return PersonHistory(person_id=person_id, told=await decrypt_events(keys, told))
    except UNREADABLE:
        raise Problem(503, "history-unreadable") from None


def order_events(entries: Iterable[Entry]) -> list[HistoricalEvent]:
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


def _stream_in_order(entries: list[Entry]) -> list[HistoricalEvent]:
    told: list[HistoricalEvent] = []
    for entry in sorted(entries, key=lambda each: int(each["version"])):
        moment = max(entry["time"], told[-1].counts_from) if told else entry["time"]
        told.append(
            HistoricalEvent(entry=entry, counts_from=moment, received=event_from_entry(entry))
        )
    return told


async def decrypt_events(
    keys: EnvelopeKeys, told: Sequence[HistoricalEvent]
) -> list[HistoricalEvent]:
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
        HistoricalEvent(
            entry=each.entry,
            counts_from=each.counts_from,
            received=each.received,
            opened=plain.get(each.received.event_id),
        )
        for each in told
    ]
