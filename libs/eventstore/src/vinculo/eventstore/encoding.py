"""The bytes an event is stored as, checked alike by every store."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from vinculo.eventstore.events import EventTooLarge, Meta, NewEvent, UnstorableEvent

MAX_EVENT_BYTES = 512 * 1024

_NO_META = Meta()
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class Row:
    """One event's columns, JSON as text."""

    event_id: UUID
    type: str
    data: str
    personal: str | None
    meta: str


def row_of(event: NewEvent) -> Row:
    """Refuse what is too large here, in the command: in the relay it would block its stream."""
    data = _json(event.type, event.data)
    personal = None if event.personal is None else _json(event.type, event.personal)
    meta = b"{}" if event.meta == _NO_META else _json(event.type, meta_to_json(event.meta))
    size = len(data) + len(personal or b"") + len(meta)
    if size > MAX_EVENT_BYTES:
        raise EventTooLarge(event.type, size, MAX_EVENT_BYTES)
    return Row(
        event_id=event.event_id,
        type=event.type,
        data=data.decode(),
        personal=None if personal is None else personal.decode(),
        meta=meta.decode(),
    )


def meta_to_json(meta: Meta) -> dict[str, str]:
    fields = {
        "correlation_id": meta.correlation_id,
        "causation_id": None if meta.causation_id is None else str(meta.causation_id),
        "traceparent": meta.traceparent,
        "actor": meta.actor,
    }
    return {name: value for name, value in fields.items() if value is not None}


def meta_from_json(fields: Mapping[str, Any]) -> Meta:
    causation_id = fields.get("causation_id")
    return Meta(
        correlation_id=fields.get("correlation_id"),
        causation_id=None if causation_id is None else UUID(causation_id),
        traceparent=fields.get("traceparent"),
        actor=fields.get("actor"),
    )


def _json(type_: str, value: dict[str, Any]) -> bytes:
    try:
        encoded = orjson.dumps(value)
    except TypeError as error:
        raise UnstorableEvent(f"{type_} cannot be written as JSON: {error}") from error
    if b"\\u0000" in encoded and _NUL.search(encoded):
        raise UnstorableEvent(f"{type_} holds a NUL character")
    return encoded
