"""Stores idempotency keys and saved responses: the interface, and its PostgreSQL implementation.

Neither keys nor request bodies are stored, only keyed digests of them.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Protocol

from sqlalchemy import (
    Column,
    DateTime,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import QueuePool
from sqlalchemy.schema import CreateIndex, CreateTable

from vinculo.process import Executes, prune_statement

RETENTION: Final = timedelta(hours=24)
NO_RESPONSE_YET: Final = 0
"""Status of a key without a saved response."""


metadata = MetaData()

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("body_digest", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("idempotency_keys_expires_at", "expires_at"),
)


class RequestInFlight(Exception):
    """The first request with this key is still being handled."""


class KeyReused(Exception):
    """The key was used before with another body."""


@dataclass(frozen=True, slots=True)
class SavedResponse:
    status: int
    headers: Mapping[str, str]
    body: bytes


class Reservation(Protocol):
    """A key that is locked by this request; `saved` is the response to an earlier request."""

    @property
    def saved(self) -> SavedResponse | None: ...

    async def save(self, response: SavedResponse) -> None: ...


class IdempotencyStore(Protocol):
    def reserve(
        self, identity: bytes, body_digest: bytes
    ) -> AbstractAsyncContextManager[Reservation]:
        """Bind the key to the body, committed before the context is entered.

        Raises:
            RequestInFlight: the key is locked by another request.
            KeyReused: the key is bound to another body.

        """
        ...


def create_idempotency_table(op: Executes) -> None:
    """Create the table; for an Alembic revision of a service."""
    op.execute(CreateTable(idempotency_keys))
    for index in idempotency_keys.indexes:
        op.execute(CreateIndex(index))


class PostgresIdempotencyStore:
    """Keys in the database of the service; a key is locked by an advisory lock."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._connection_budget = _half_of_pool(engine)

    @asynccontextmanager
    async def reserve(self, identity: bytes, body_digest: bytes) -> AsyncIterator[Reservation]:
        async with self._connection_budget, self._engine.begin() as connection:
            number = int.from_bytes(identity[:8], "big", signed=True)
            if not await connection.scalar(select(func.pg_try_advisory_xact_lock(number))):
                raise RequestInFlight
            saved = await _saved_response(connection, identity, body_digest)
            if saved is None:
                # On another connection: the lock ends with the transaction of this one.
                async with self._engine.begin() as binding:
                    await _write(
                        binding, identity, body_digest, SavedResponse(NO_RESPONSE_YET, {}, b"")
                    )
            yield _PostgresReservation(connection, identity, body_digest, saved)


@dataclass(frozen=True, slots=True)
class _PostgresReservation:
    connection: AsyncConnection
    identity: bytes
    body_digest: bytes
    saved: SavedResponse | None

    async def save(self, response: SavedResponse) -> None:
        await _write(self.connection, self.identity, self.body_digest, response)
        expired = idempotency_keys.c.expires_at <= func.now()
        await self.connection.execute(prune_statement(idempotency_keys, expired))


def _half_of_pool(engine: AsyncEngine) -> AbstractAsyncContextManager[Any]:
    """A semaphore that leaves half of the pool's connections to effects.

    A request uses one connection for its lock while its effect uses another. If locks could use all
    connections, no effect could run and all requests would wait without end.
    """
    pool = engine.pool
    if not isinstance(pool, QueuePool):
        return nullcontext()
    return asyncio.Semaphore(max(1, pool.size() // 2))


async def _saved_response(
    connection: AsyncConnection, identity: bytes, body_digest: bytes
) -> SavedResponse | None:
    query = select(idempotency_keys).where(
        idempotency_keys.c.id == identity, idempotency_keys.c.expires_at > func.now()
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    if row.body_digest != body_digest:
        raise KeyReused
    if row.status == NO_RESPONSE_YET:
        return None
    return SavedResponse(row.status, row.headers, row.body)


async def _write(
    connection: AsyncConnection, identity: bytes, body_digest: bytes, response: SavedResponse
) -> None:
    columns = {
        "body_digest": body_digest,
        "status": response.status,
        "headers": dict(response.headers),
        "body": response.body,
        "expires_at": func.now() + RETENTION,
    }
    statement = insert(idempotency_keys).values(id=identity, **columns)
    await connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=columns))
