"""Lost connections are distinguished from all other errors."""

import errno
import socket

import asyncpg
import pytest
from fastapi import APIRouter
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from vinculo.httpapi import service_app
from vinculo.httpapi.lost_connections import is_lost_connection
from vinculo.process.testing import captured_log_lines

from .api_under_test import caller, problem_of


def wrapped(error: Exception) -> DBAPIError:
    return DBAPIError("SELECT 1", {}, error)


LOST = [
    ConnectionRefusedError(errno.ECONNREFUSED, "refused"),
    ConnectionResetError(),
    TimeoutError(),
    socket.gaierror(socket.EAI_AGAIN, "no name"),
    OSError("Multiple exceptions: refused, refused"),
    OSError(errno.EHOSTUNREACH, "no route"),
    asyncpg.ConnectionDoesNotExistError(),
    asyncpg.CannotConnectNowError(),
    asyncpg.AdminShutdownError(),
    asyncpg.TooManyConnectionsError(),
    asyncpg.ReadOnlySQLTransactionError(),
    asyncpg.InterfaceError("connection is closed"),
    wrapped(asyncpg.CannotConnectNowError()),
    DisconnectionError(),
    PoolTimeoutError(),
    ExceptionGroup("two", [TimeoutError(), ConnectionResetError()]),
]
OTHERS = [
    FileNotFoundError(errno.ENOENT, "no file"),
    ValueError(),
    asyncpg.UniqueViolationError(),
    asyncpg.InvalidPasswordError(),
    asyncpg.QueryCanceledError(),
    asyncpg.DataError("no integer"),
    wrapped(asyncpg.UniqueViolationError()),
    ExceptionGroup("two", [TimeoutError(), ValueError()]),
]


@pytest.mark.parametrize("error", LOST, ids=repr)
def test_a_lost_connection(error: Exception) -> None:
    assert is_lost_connection(error)


@pytest.mark.parametrize("error", OTHERS, ids=repr)
def test_another_error(error: Exception) -> None:
    assert not is_lost_connection(error)


class OtherServerLost(Exception):
    pass


@pytest.mark.parametrize("error", [ConnectionRefusedError(), OtherServerLost()], ids=repr)
async def test_a_request_that_lost_its_server_is_to_be_repeated(error: Exception) -> None:
    router = APIRouter(prefix="/things/v1")

    @router.get("/lost", status_code=204)
    async def lost() -> None:
        raise error

    app = service_app(
        "things",
        [router],
        readiness={},
        lost_connections=[lambda each: isinstance(each, OtherServerLost)],
    )
    with captured_log_lines("things") as lines:
        async with caller(app) as client:
            response = await client.get("/things/v1/lost")

    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"
    problem = problem_of(response)
    assert problem["type"] == "urn:vinculo:problem:service-unavailable"
    assert problem["detail"] == "Try again in 5 seconds."
    (line,) = [line for line in lines.all() if line["event"] == "connection-lost"]
    assert line["error"] == type(error).__name__
