"""A server that is away, starting or stopping is never counted as a record's fault."""

import asyncpg
import pytest
from aiokafka.errors import KafkaConnectionError  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from vinculo.messaging import FaultKind, PoisonMessage, fault_kind
from vinculo.privacy import KeyRingOutdatedError, LedgerUnavailableError


def wrapped(error: Exception) -> DBAPIError:
    return DBAPIError("SELECT 1", {}, error)


OF_SERVERS = [
    ConnectionRefusedError(),
    TimeoutError(),
    KafkaConnectionError(),
    DisconnectionError(),
    PoolTimeoutError(),
    KeyRingOutdatedError(3),
    LedgerUnavailableError("away"),
    asyncpg.AdminShutdownError(),
    asyncpg.CrashShutdownError(),
    asyncpg.CannotConnectNowError(),
    asyncpg.IdleSessionTimeoutError(),
    asyncpg.TooManyConnectionsError(),
    asyncpg.DiskFullError(),
    asyncpg.OutOfMemoryError(),
    asyncpg.ReadOnlySQLTransactionError(),
    asyncpg.ConnectionDoesNotExistError(),
    asyncpg.ConnectionFailureError(),
    asyncpg.InterfaceError("connection is closed"),
    asyncpg.InternalClientError("got result for unknown protocol state"),
    asyncpg.QueryCanceledError(),
    asyncpg.PostgresIOError(),
    asyncpg.UndefinedTableError(),
    ExceptionGroup("both", [ConnectionResetError(), asyncpg.CannotConnectNowError()]),
]


@pytest.mark.parametrize("error", OF_SERVERS, ids=repr)
def test_an_error_of_a_server(error: Exception) -> None:
    assert fault_kind(error) is FaultKind.SERVER
    if isinstance(error, asyncpg.PostgresError):
        assert fault_kind(wrapped(error)) is FaultKind.SERVER


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (PoisonMessage("x"), FaultKind.POISON),
        (asyncpg.NumericValueOutOfRangeError(), FaultKind.POISON),
        (asyncpg.SerializationError(), FaultKind.CONFLICT),
        (asyncpg.DeadlockDetectedError(), FaultKind.CONFLICT),
        (asyncpg.UniqueViolationError(), FaultKind.UNKNOWN),
        (ZeroDivisionError(), FaultKind.UNKNOWN),
        (ExceptionGroup("both", [TimeoutError(), ZeroDivisionError()]), FaultKind.UNKNOWN),
    ],
    ids=repr,
)
def test_an_error_that_the_record_may_have_caused(error: Exception, kind: FaultKind) -> None:
    assert fault_kind(error) is kind
