"""Events before and after they are stored, and the errors of an append."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from vinculo.events import Meta

NO_META: Final = Meta()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event to be appended; `personal` is an envelope."""

    event_id: UUID
    type: str
    data: dict[str, Any]
    personal: dict[str, Any] | None = None
    meta: Meta = NO_META


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """`store_epoch` is that of the store when the event was appended; see `raise_store_epoch`."""

    event_id: UUID
    stream_id: str
    subject: UUID
    version: int
    type: str
    data: dict[str, Any]
    personal: dict[str, Any] | None
    meta: Meta
    recorded_at: datetime
    store_epoch: int | None = None


class EventTooLarge(Exception):
    """The encoded event would not fit into a Kafka record."""

    def __init__(self, type_: str, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"{type_} has {size_bytes} bytes, more than {limit_bytes}")


class UnstorableEvent(ValueError):
    """PostgreSQL cannot store the event as JSON: a NUL character, a lone surrogate, NaN."""


class SubjectMismatch(ValueError):
    """The stream belongs to another subject than the one given."""
