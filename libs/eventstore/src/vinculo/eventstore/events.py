"""Events as the store takes and gives them, and the errors of an append."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """Where an event came from: ids only, never personal data."""

    correlation_id: str | None = None
    causation_id: UUID | None = None
    traceparent: str | None = None
    actor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    event_id: UUID
    type: str
    data: dict[str, Any]
    personal: dict[str, Any] | None = None
    meta: Meta = Meta()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    event_id: UUID
    stream_id: str
    subject: UUID
    version: int
    type: str
    data: dict[str, Any]
    personal: dict[str, Any] | None
    meta: Meta
    recorded_at: datetime


class VersionConflict(Exception):
    """Someone else appended to the stream first."""

    def __init__(self, stream_id: str, expected: int, actual: int) -> None:
        super().__init__(f"{stream_id} is at version {actual}, not {expected}")
        self.stream_id = stream_id
        self.expected = expected
        self.actual = actual


class EventTooLarge(Exception):
    """The encoded event would not fit a Kafka record."""

    def __init__(self, type_: str, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"{type_} has {size_bytes} bytes, more than {limit_bytes}")


class UnstorableEvent(ValueError):
    """The event holds what JSON in PostgreSQL cannot: a NUL character, a lone surrogate, NaN."""


class SubjectMismatch(ValueError):
    """The stream belongs to another subject than the one given."""
