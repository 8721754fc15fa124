"""Distinguishes lost connections from other errors, so that clients get 503 and may retry."""

import errno
import socket
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import asyncpg
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

IsLostConnection: TypeAlias = Callable[[BaseException], bool]
"""Whether an error of a client library says that its server cannot be reached."""

_NETWORK_ERRNOS: Final = frozenset(
    {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN, errno.ETIMEDOUT, None}
)
"""None is the number of asyncio's error for several addresses that all failed."""
_SQLSTATE_CLASSES: Final = ("08", "53", "57P")
"""Lost connections, missing resources, and a server that is starting or stopping."""
_READ_ONLY: Final = "25006"
"""The connection goes to a standby, as during a failover."""


def is_lost_connection(error: BaseException, others: Sequence[IsLostConnection] = ()) -> bool:
    """Whether a request failed because PostgreSQL or another server could not be reached.

    `others` recognise the errors of further client libraries. A group of exceptions counts if all
    of them do.
    """
    if isinstance(error, BaseExceptionGroup):
        return all(is_lost_connection(each, others) for each in error.exceptions)
    return _is_of_network(error) or _is_of_postgres(error) or any(other(error) for other in others)


def _is_of_network(error: BaseException) -> bool:
    if isinstance(error, ConnectionError | TimeoutError | socket.gaierror):
        return True
    return isinstance(error, OSError) and error.errno in _NETWORK_ERRNOS


def _is_of_postgres(error: BaseException) -> bool:
    """Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html."""
    if isinstance(error, DisconnectionError | PoolTimeoutError):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or (
            error.orig is not None and _is_of_postgres(error.orig)
        )
    if isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        return not isinstance(error, ValueError)  # A value that the driver cannot encode.
    state = getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None) or ""
    return state.startswith(_SQLSTATE_CLASSES) or state == _READ_ONLY
