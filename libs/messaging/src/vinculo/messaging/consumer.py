"""A consumer as a service declares it: its topics, the events that it gets, what applies them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from vinculo.events import Meta
from vinculo.eventstore import EventTooLarge, UnstorableEvent


class PoisonMessage(Exception):
    """The record cannot be decoded, validated or applied, however often it is retried.

    `reason` goes into a header of the dead letter: it names fields and errors, never a value.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def is_poison(error: Exception) -> bool:
    """Whether a retry is useless because the database or the store refuses a value.

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
    """A decoded record. `payload` is the result of the source's `parse`: None for unknown types."""

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
Apply: TypeAlias = Callable[[AsyncConnection, Sequence[ConsumedEvent]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class TopicSource:
    """A topic and how to decode its records.

    `parse` gets the event type and the value's bytes; any error that it raises makes the record
    poison. A gapless source numbers the events of a stream 1, 2, 3…; in other sources only the
    newest version counts. `position` derives stream and version from the event where no headers
    have them, as in topics of external systems.
    """

    topic: str
    parse: Parse
    gapless: bool = True
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Consumer:
    """`group` and the topics of the sources are full names, prefix included.

    `apply` gets consecutive new events of one stream, in order, in the transaction that also saves
    the checkpoint. Several streams may share the transaction, so `apply` must have no effect
    outside it. An event is poison, and its stream is quarantined, if `apply` raises PoisonMessage
    or if the database or the store refuses a value; any other error is retried without limit.
    """

    group: str
    sources: Sequence[TopicSource]
    engine: AsyncEngine
    apply: Apply
    kafka: str = "127.0.0.1:9092"
    session_timeout_ms: int = 10_000

    def source_of(self, topic: str) -> TopicSource | None:
        return next((source for source in self.sources if source.topic == topic), None)
