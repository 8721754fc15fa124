"""The pool of PostgreSQL connections a process works with."""

from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from sqlalchemy import Table, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def create_engine(url: str, pool_size: int = 8) -> AsyncEngine:
    """Take `postgresql://…` or `postgresql+asyncpg://…`; connect only when first used."""
    engine = create_async_engine(
        make_url(url).set(drivername="postgresql+asyncpg"),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=30,
        json_deserializer=orjson.loads,
        json_serializer=lambda value: orjson.dumps(value).decode(),
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(
    dbapi_connection: Any,  # noqa: ANN401 - SQLAlchemy's adapter is private
    record: object,  # noqa: ARG001 - as the pool calls it
    proxy: object,  # noqa: ARG001 - as the pool calls it
) -> None:
    """Let the pool replace what the server has closed meanwhile, at no round trip."""
    if dbapi_connection.driver_connection.is_closed():
        raise DisconnectionError("closed by the server")


def table_check(engine: AsyncEngine, table: Table) -> Callable[[], Awaitable[None]]:
    """A readiness check; raises what the database says while it or the table is not there."""
    query = select(*table.primary_key.columns).limit(0)

    async def check() -> None:
        async with engine.connect() as connection:
            await connection.execute(query)

    return check
