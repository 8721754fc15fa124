"""The event store on PostgreSQL: codec, append, command handler, outbox tables, migrations."""

from vinculo.eventstore.codec import Codec, Encoded, UnknownEventType, UnreadableEvent
from vinculo.eventstore.command_handler import (
    Category,
    CommandResult,
    Encryptor,
    LoadedState,
    OnAppended,
    execute,
    load,
    load_up_to_causation,
)
from vinculo.eventstore.engine import create_engine, table_check
from vinculo.eventstore.events import (
    EventTooLarge,
    NewEvent,
    StoredEvent,
    SubjectMismatch,
    UnstorableEvent,
)
from vinculo.eventstore.memory import InMemoryEventStore
from vinculo.eventstore.postgres import PostgresEventStore
from vinculo.eventstore.statement_pool import StatementPool, driver_connection
from vinculo.eventstore.store import EventStore
from vinculo.eventstore.store_epoch import raise_store_epoch, read_store_epoch

__all__ = [
    "Category",
    "Codec",
    "CommandResult",
    "Encoded",
    "Encryptor",
    "EventStore",
    "EventTooLarge",
    "InMemoryEventStore",
    "LoadedState",
    "NewEvent",
    "OnAppended",
    "PostgresEventStore",
    "StatementPool",
    "StoredEvent",
    "SubjectMismatch",
    "UnknownEventType",
    "UnreadableEvent",
    "UnstorableEvent",
    "create_engine",
    "driver_connection",
    "execute",
    "load",
    "load_up_to_causation",
    "raise_store_epoch",
    "read_store_epoch",
    "table_check",
]
