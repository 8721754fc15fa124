"""Creates the engine (connection pool) of a process, and readiness checks on it."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from sqlalchemy import Table, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

POOL_TIMEOUT_SECONDS = 30
_DISPOSALS = "disposals"
"""The key of a pooled connection's number of disposals before it was opened."""


def create_engine(url: str, pool_size: int = 8) -> AsyncEngine:
    """An engine for `postgresql://…` or `postgresql+asyncpg://…`, which connects when used."""
    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        json_deserializer=orjson.loads,
        json_serializer=lambda value: orjson.dumps(value).decode(),
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    _close_after_disposal(engine)
    return engine


def _close_after_disposal(engine: AsyncEngine) -> None:
    """Close connections that come back after the engine was disposed.

    SQLAlchemy keeps them in the pool that was disposed, where nothing closes them.
    """
    disposals = 0

    def count_disposal(_: object) -> None:
        nonlocal disposals
        disposals += 1

    def mark(_: object, record: Any) -> None:  # noqa: ANN401 - as the pool calls it
        record.info[_DISPOSALS] = disposals

    def close_if_late(dbapi_connection: Any, record: Any) -> None:  # noqa: ANN401 - as above
        if dbapi_connection is not None and record.info[_DISPOSALS] != disposals:
            dbapi_connection.driver_connection.terminate()

    event.listen(engine.sync_engine, "engine_disposed", count_disposal)
    event.listen(engine.sync_engine, "connect", mark)
    event.listen(engine.sync_engine, "checkin", close_if_late)


def _refuse_closed(
    dbapi_connection: Any,  # noqa: ANN401 - SQLAlchemy's adapter is private
    record: object,  # noqa: ARG001 - as the pool calls it
    proxy: object,  # noqa: ARG001 - as the pool calls it
) -> None:
    """Let the pool replace a connection that the server has closed, without a round trip."""
    if dbapi_connection.driver_connection.is_closed():
        raise DisconnectionError("closed by the server")


def table_check(engine: AsyncEngine, table: Table) -> Callable[[], Awaitable[None]]:
    """A readiness check; it fails with the database's error while the table is not available."""
    query = select(*table.primary_key.columns).limit(0)

    async def check() -> None:
        async with engine.connect() as connection:
            await connection.execute(query)

    return check
