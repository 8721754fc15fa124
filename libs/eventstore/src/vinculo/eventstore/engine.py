"""The pool of PostgreSQL connections a process works with."""

from typing import Any

import orjson
from sqlalchemy import event
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
