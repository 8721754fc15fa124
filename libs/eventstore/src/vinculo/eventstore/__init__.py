"""Deciders, the event store on PostgreSQL, its queue outbox and the relay to Kafka.

Domains import `vinculo.eventstore.decider` and `vinculo.eventstore.personal` directly: those two
modules import nothing but the standard library, which this one does not promise.
"""

from vinculo.eventstore.category import Category
from vinculo.eventstore.codec import Codec, Encoded, UnknownEventType, UnreadableEvent
from vinculo.eventstore.crash_points import crash_point
from vinculo.eventstore.decider import Decider
from vinculo.eventstore.engine import create_engine
from vinculo.eventstore.events import (
    EventTooLarge,
    Meta,
    NewEvent,
    StoredEvent,
    SubjectMismatch,
    UnstorableEvent,
    VersionConflict,
)
from vinculo.eventstore.execution import Alongside, Loaded, Outcome, Sealer, execute, load
from vinculo.eventstore.identifiers import uuid7
from vinculo.eventstore.memory import InMemoryEventStore
from vinculo.eventstore.personal import ERASED, Erased, Sealed
from vinculo.eventstore.postgres import PostgresEventStore
from vinculo.eventstore.reached import Reached, note_reached, reached_here, reaching
from vinculo.eventstore.readiness import table_check
from vinculo.eventstore.record_batches import Record
from vinculo.eventstore.relay import Relay
from vinculo.eventstore.repeats import load_caused
from vinculo.eventstore.store import EventStore

__all__ = [
    "ERASED",
    "Alongside",
    "Category",
    "Codec",
    "Decider",
    "Encoded",
    "Erased",
    "EventStore",
    "EventTooLarge",
    "InMemoryEventStore",
    "Loaded",
    "Meta",
    "NewEvent",
    "Outcome",
    "PostgresEventStore",
    "Reached",
    "Record",
    "Relay",
    "Sealed",
    "Sealer",
    "StoredEvent",
    "SubjectMismatch",
    "UnknownEventType",
    "UnreadableEvent",
    "UnstorableEvent",
    "VersionConflict",
    "crash_point",
    "create_engine",
    "execute",
    "load",
    "load_caused",
    "note_reached",
    "reached_here",
    "reaching",
    "table_check",
    "uuid7",
]
