"""Records as a consumer gets them, and where they come from."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError

from vinculo.events import Meta
from vinculo.eventstore import EventTooLarge, UnstorableEvent


class PoisonMessage(Exception):
    """The record cannot be decoded, validated or applied, however often it is tried.

    `reason` goes into a header of the dead letter: it names what and where, never a value.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_poison(error: Exception) -> bool:
    """Tell what no later attempt would apply either: values the database or the store refuses.

    PostgreSQL's class 22 is "data exception"; the driver refuses some such values itself.
    """
    if isinstance(error, PoisonMessage | EventTooLarge | UnstorableEvent):
        return True
    if not isinstance(error, DBAPIError) or error.orig is None:
        return False
    state = getattr(error.orig, "sqlstate", None) or ""
    return state.startswith("22") or isinstance(error.orig.__cause__, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumedEvent:
    """One event. `payload` is what the source's `parse` made of it, None for an unknown type."""

    topic: str
    partition: int
    offset: int
    event_id: UUID
    type: str
    source: str
    subject: UUID
    stream_id: str
    version: int
    time: datetime
    meta: Meta
    data: dict[str, Any]
    payload: Any
    raw: ConsumerRecord


Parse: TypeAlias = Callable[[str, bytes], Any]
Position: TypeAlias = Callable[[ConsumedEvent], tuple[str, int]]


@dataclass(frozen=True, slots=True)
class TopicSource:
    """A topic, and how its records are read.

    `parse` gets the event's type and the value's bytes; whatever it raises makes the record broken.
    A gapless source numbers each stream's events 1, 2, 3…; of the others only the newest counts.
    `position` gives stream and version where the headers do not, as with outsiders' topics.
    """

    topic: str
    parse: Parse
    gapless: bool = True
    position: Position | None = None
