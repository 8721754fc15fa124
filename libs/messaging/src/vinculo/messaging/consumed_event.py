"""Topics as a consumer declares them, and the events that it gets from them."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from aiokafka import ConsumerRecord  # type: ignore[import-untyped]

from vinculo.events import Meta


class PoisonMessage(Exception):
    """The record cannot be decoded, validated or applied, however often it is retried.

    `reason` goes into a header of the dead letter: it names fields and errors, never a value.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(slots=True, kw_only=True)  # not frozen: that would take three times as long
class ConsumedEvent:
    """A decoded record, not to be changed.

    `value` is the text of a JSON object, `payload` the result of the source's `parse`: None for
    unknown types.
    """

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
    value: bytes
    payload: Any
    raw: ConsumerRecord
    store_epoch: int | None = None


Parse: TypeAlias = Callable[[str, bytes], Any]
Position: TypeAlias = Callable[[ConsumedEvent], tuple[str, int]]
CheckpointId: TypeAlias = Callable[[ConsumedEvent], str]
IsStreamId: TypeAlias = Callable[[str], bool]
CheckRecord: TypeAlias = Callable[[ConsumerRecord], None]


@dataclass(frozen=True, slots=True)
class TopicSource:
    """A topic and how to decode its records.

    `parse` gets the event type and the value's bytes; any error that it raises makes the record
    poison. A gapless source numbers the events of a stream 1, 2, 3…; in other sources only the
    newest version counts. `position` derives stream and version from the event where no headers
    have them, as in topics of external systems.

    `known_types` are the types that this version of the code has models for: a record of another
    type quarantines its stream. None for topics of other systems, whose unknown types are skipped.
    `relevant_types` are those that have an effect: records of others are never decoded. None stands
    for all.

    `is_stream_id` tells which stream ids the topic can have; a record with another one is poison,
    and is dead-lettered alone. `checkpoint_id` names the checkpoint of an event where its stream id
    is not unique, as in topics of external systems. By default it is the stream id.

    `check` raises PoisonMessage for a record that is refused before its value is read: consumers
    of external systems' topics check headers and key with it.
    """

    topic: str
    parse: Parse
    gapless: bool = True
    position: Position | None = None
    known_types: AbstractSet[str] | None = None
    relevant_types: AbstractSet[str] | None = None
    is_stream_id: IsStreamId | None = None
    checkpoint_id: CheckpointId | None = None
    check: CheckRecord | None = None

    def is_unknown(self, type_: str) -> bool:
        return self.known_types is not None and type_ not in self.known_types

    def is_irrelevant(self, type_: str) -> bool:
        return (
            self.relevant_types is not None
            and self.known_types is not None
            and type_ in self.known_types
            and type_ not in self.relevant_types
        )
