"""Tells what an error of PostgreSQL, Kafka, the event store or the key ring means for a record."""

from typing import Final

import asyncpg
from aiokafka.errors import KafkaError  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from vinculo.events import VersionConflict
from vinculo.eventstore import EventTooLarge, UnstorableEvent
from vinculo.messaging.checkpoints import FaultKind
from vinculo.messaging.consumed_event import PoisonMessage
from vinculo.privacy import EnvelopeRefused, KeyMissing, KeyUnreadable

_POISON: Final = (PoisonMessage, EventTooLarge, UnstorableEvent, EnvelopeRefused)
_SERVER: Final = (OSError, TimeoutError, KafkaError, DisconnectionError, PoolTimeoutError)

_DATA_EXCEPTION: Final = "22"
_TRANSACTION_ROLLBACK: Final = "40"
_SERVER_CLASSES: Final = frozenset({"08", "0A", "25", "28", "3D", "53", "55", "57", "58", "XX"})
"""Classes of SQLSTATE: connections, transaction states, resources, operators, the system."""
_SERVER_STATES: Final = frozenset({"42P01", "42501"})
"""A table that is not migrated yet, and a missing privilege."""


def fault_kind(error: Exception) -> FaultKind:
    """What the error means for the record that raised it.

    Codes of PostgreSQL: https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    if isinstance(error, ExceptionGroup):
        kinds = {fault_kind(each) for each in error.exceptions}
        return kinds.pop() if len(kinds) == 1 else FaultKind.UNKNOWN
    if isinstance(error, _POISON):
        return FaultKind.POISON
    if isinstance(error, KeyMissing | KeyUnreadable):
        return FaultKind.KEY_MISSING
    if isinstance(error, VersionConflict):
        return FaultKind.CONFLICT
    if isinstance(error, _SERVER):
        return FaultKind.SERVER
    if isinstance(error, DBAPIError):
        return FaultKind.SERVER if error.connection_invalidated else _of_driver(error.orig)
    return _of_driver(error)


def _of_driver(error: BaseException | None) -> FaultKind:
    """Errors of asyncpg, or of SQLAlchemy's adapter, which has that of asyncpg as its cause."""
    cause = error.__cause__ if error is not None else None
    if isinstance(error, asyncpg.DataError) or isinstance(cause, ValueError):
        return FaultKind.POISON
    state = getattr(error, "sqlstate", None) or getattr(cause, "sqlstate", None) or ""
    if state.startswith(_DATA_EXCEPTION):
        return FaultKind.POISON
    if state.startswith(_TRANSACTION_ROLLBACK):
        return FaultKind.CONFLICT
    is_connection = isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError)
    if is_connection or state[:2] in _SERVER_CLASSES or state in _SERVER_STATES:
        return FaultKind.SERVER
    return FaultKind.UNKNOWN
