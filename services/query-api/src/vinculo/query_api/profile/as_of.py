"""A person's document as of a point in time, replayed from the person's timeline.

A point is a moment or an event, that event included. Events are decrypted and folded by the
projector's own functions.
"""

import asyncio
import heapq
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Protocol, TypeAlias
from uuid import UUID

from pydantic import Field, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from vinculo.contracts.onboarding import ApplicationStarted, EmailVerifiedV2, SubmissionReceived
from vinculo.events import Erased
from vinculo.messaging import ConsumedEvent
from vinculo.privacy import EnvelopeRefused, KeyMissing, KeyUnreadable
from vinculo.query_api.mongo import MAX_QUERY_MS, Collection
from vinculo.query_api.person_document.personal import (
    DecryptedPart,
    encrypted_part,
    has_displayed_personal_data,
)
from vinculo.query_api.person_document.schema import Person
from vinculo.query_api.person_document.timeline import (
    TimelineEntry,
    apply_event,
    bson_roundtrip,
    empty_person,
    event_from_entry,
    submission_of,
)
from vinculo.query_api.profile.profile import PersonErased

MAX_EVENTS: Final = 5_000
"""A person has about fifty. A history is folded in memory, so its length is bounded."""

SUBMITTED_FACTS: Final = ("project", "channel", "locale", "country", "document_type")

UNREADABLE: Final = (
    KeyMissing,
    KeyUnreadable,
    EnvelopeRefused,
    ValidationError,
    SQLAlchemyError,
    OSError,
)
"""Raised by the key ring, or by events that are not what their type promises."""

Point: TypeAlias = datetime | UUID
PointText: TypeAlias = Annotated[str, Field(min_length=1, max_length=40)]
"""RFC 3339 with a time zone, or an event's id."""

_MOMENT: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_MICROSECOND_DIGITS: Final = 6


class PointInvalid(Exception):
    """The text is neither a moment nor an event's id."""


class PointInFuture(Exception):
    """The moment has not come yet."""


class EventUnknown(Exception):
    """The person's history does not have this event."""


class HistoryTooLong(Exception):
    """The person has more events than are replayed."""


class HistoryUnreadableError(Exception):
    """Events cannot be decrypted or decoded now."""


POINT_REFUSALS: Final = (
    PointInvalid,
    PointInFuture,
    EventUnknown,
    HistoryTooLong,
    HistoryUnreadableError,
)


class EnvelopeKeys(Protocol):
    async def decrypt_many(
        self, sealed: Sequence[tuple[UUID, UUID, dict[str, Any]]]
    ) -> list[dict[str, Any] | Erased]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoricalEvent:
    """An event and the moment from which it counts.

    That is its own time, but never before an earlier event of its stream: clocks of two machines
    may differ, and credit systems report times of their own.
    """

    entry: TimelineEntry
    effective_at: datetime
    received: ConsumedEvent
    decrypted: DecryptedPart = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonHistory:
    """All events about the person, in the order in which they count."""

    person_id: UUID
    events: Sequence[HistoricalEvent]

    def events_until(self, point: Point) -> int:
        """The number of events up to the point.

        Raises:
            EventUnknown: the point is another person's event.

        """
        if isinstance(point, UUID):
            for number, event in enumerate(self.events, start=1):
                if event.entry["_id"] == point:
                    return number
            raise EventUnknown
        return sum(event.effective_at <= point for event in self.events)

    def document(self, number: int) -> Person:
        """The person's document after this number of events."""
        document = empty_person(self.person_id)
        for event in self.events[:number]:
            apply_event(document, event.received, event.decrypted)
        return bson_roundtrip(document)

    def listed_since(self) -> datetime | None:
        """When the person was first in a list."""
        document = empty_person(self.person_id)
        for event in self.events:
            apply_event(document, event.received, event.decrypted)
            if document.get("kind") is not None:
                return event.effective_at
        return None


def parse_point(text: str, now: datetime) -> Point:
    """The point that a client names.

    Raises:
        PointInvalid: the text is neither a moment nor an event's id.
        PointInFuture: the moment has not come yet.

    """
    moment = _parse_moment(text)
    if moment is None:
        try:
            return UUID(text)
        except ValueError:
            raise PointInvalid from None
    if moment > now:
        raise PointInFuture
    return moment


def _parse_moment(text: str) -> datetime | None:
    """None when the text does not look like a moment."""
    found = _MOMENT.fullmatch(text)
    if found is None:
        return None
    fraction = found[1] or ""
    length = _MICROSECOND_DIGITS + 1
    microseconds = fraction[:length].ljust(length, "0") if fraction else ""
    try:
        return datetime.fromisoformat(
            text[:19].upper() + microseconds + found[2].upper().replace("Z", "+00:00")
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        raise PointInvalid from None


async def read_history(
    events: Collection[TimelineEntry], keys: EnvelopeKeys, person_id: UUID
) -> PersonHistory:
    """The person's whole history.

    Raises:
        PersonErased: the person's key has been destroyed.
        HistoryTooLong: there are more than 5,000 events.
        HistoryUnreadableError: events cannot be decrypted or decoded now.

    """
    found = (
        await events.find({"person_id": person_id}, max_time_ms=MAX_QUERY_MS)
        .limit(MAX_EVENTS + 1)
        .to_list(MAX_EVENTS + 1)
    )
    if len(found) > MAX_EVENTS:
        raise HistoryTooLong
    try:
        ordered = await asyncio.to_thread(order_events, found)
        decrypted = await decrypt_events(keys, ordered)
        return PersonHistory(person_id=person_id, events=only_activated_submission(decrypted))
    except UNREADABLE:
        raise HistoryUnreadableError from None


def only_activated_submission(events: Sequence[HistoricalEvent]) -> list[HistoricalEvent]:
    """The history without the content of submissions that were not activated.

    The first submission stays as the start of the application, with the facts of the activated one
    and, if it is another, without details. Before an activation all submissions stay.
    """
    activation = next(
        (each for each in events if isinstance(each.received.payload, EmailVerifiedV2)), None
    )
    if activation is None:
        return list(events)
    won = activation.received.payload
    shown = []
    for event in events:
        payload = event.received.payload
        if isinstance(payload, ApplicationStarted):
            is_won = payload.registration_id == won.submission_id
            facts = {name: getattr(won, name) for name in SUBMITTED_FACTS}
            masked = replace(event.received, payload=payload.model_copy(update=facts))
            details = activation.decrypted if is_won else None
            shown.append(replace(event, received=masked, decrypted=details))
        elif isinstance(payload, SubmissionReceived) and (
            payload.submission_id == won.submission_id
        ):
            shown.append(replace(event, decrypted=activation.decrypted))
        elif submission_of(payload) in {None, won.submission_id}:
            shown.append(event)
    return shown


def order_events(entries: Iterable[TimelineEntry]) -> list[HistoricalEvent]:
    """By time, within a stream by version, and at the same time by id."""
    streams: dict[str, list[TimelineEntry]] = {}
    for entry in entries:
        streams.setdefault(entry["stream_id"], []).append(entry)
    return list(
        heapq.merge(
            *map(_order_stream, streams.values()),
            key=lambda event: (event.effective_at, event.entry["_id"]),
        )
    )


def _order_stream(entries: list[TimelineEntry]) -> list[HistoricalEvent]:
    events: list[HistoricalEvent] = []
    for entry in sorted(entries, key=lambda each: int(each["version"])):
        effective_at = max(entry["time"], events[-1].effective_at) if events else entry["time"]
        received = event_from_entry(entry)
        events.append(HistoricalEvent(entry=entry, effective_at=effective_at, received=received))
    return events


async def decrypt_events(
    keys: EnvelopeKeys, events: Sequence[HistoricalEvent]
) -> list[HistoricalEvent]:
    """The events with the personal parts that a document shows; others stay encrypted.

    A submission has a key of its own, which may be destroyed while the person's is not.

    Raises:
        PersonErased: the person's key has been destroyed.

    """
    encrypted = {
        event.received.event_id: (
            event.received.subject,
            event.received.event_id,
            dict(sealed),
        )
        for event in events
        if has_displayed_personal_data(event.received.payload)
        and (sealed := encrypted_part(event.received.payload)) is not None
    }
    parts = await keys.decrypt_many(list(encrypted.values()))
    decrypted = dict(zip(encrypted, parts, strict=True))
    for (subject, _, envelope), part in zip(encrypted.values(), parts, strict=True):
        if isinstance(part, Erased) and envelope["kid"] == str(subject):
            raise PersonErased
    return [replace(event, decrypted=decrypted.get(event.received.event_id)) for event in events]
