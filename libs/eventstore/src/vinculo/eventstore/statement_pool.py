"""A cache of connections that are checked out of SQLAlchemy's pool for single statements.

Checking a connection out and in costs three times as much as the append itself. So a connection
stays checked out while statements follow each other, and returns to the pool after a short idle
time. A quarter of the pool is reserved for transactions.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import Pool, QueuePool

Result = TypeVar("Result")

IDLE_SECONDS = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class PooledConnection:
    """A checked-out connection, that of the driver below it, and the pool that owns both."""

    connection: AsyncConnection
    driver: "asyncpg.Connection[Any]"
    owner: Pool


class StatementPool:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._slots = asyncio.Semaphore(_max_pooled(engine))
        self._idle: list[PooledConnection] = []
        self._used_since_tick = False
        self._timer: asyncio.TimerHandle | None = None
        self._closing: dict[asyncio.Task[None], PooledConnection] = {}
        event.listen(engine.sync_engine, "engine_disposed", self._drop_idle)

    async def run(self, work: Callable[["asyncpg.Connection[Any]"], Awaitable[Result]]) -> Result:
        """Run the work on a connection without a transaction; each statement is committed.

        Raises:
            asyncpg.InterfaceError: the server closed the connection before the statement was sent.

        """
        async with self._slots:
            pooled = self._idle.pop() if self._idle else None
            if pooled is None or pooled.driver.is_closed():
                pooled = await self._replace(pooled)
            try:
                return await work(pooled.driver)
            except asyncpg.InternalClientError as error:
                # The last message of the server was read, but not yet the end of the stream.
                pooled.driver.terminate()
                raise asyncpg.InterfaceError("the server ended the connection") from error
            finally:
                if pooled.owner is not self._engine.sync_engine.pool:
                    # The engine was disposed meanwhile: nothing would close it in the old pool.
                    pooled.driver.terminate()
                if pooled.driver.is_closed():
                    await _discard(pooled)
                else:
                    self._put(pooled)

    async def _replace(self, pooled: PooledConnection | None) -> PooledConnection:
        if pooled is not None:
            await _discard(pooled)
        owner = self._engine.sync_engine.pool
        connection = await self._engine.connect()
        return PooledConnection(connection, await driver_connection(connection), owner)

    def _put(self, pooled: PooledConnection) -> None:
        self._idle.append(pooled)
        self._used_since_tick = True
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._used_since_tick:
            self._used_since_tick = False
            self._timer = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._tick)
            return
        idle, self._idle = self._idle, []
        for pooled in idle:
            task = asyncio.get_running_loop().create_task(pooled.connection.close())
            self._closing[task] = pooled
            task.add_done_callback(self._closing.pop)

    def _drop_idle(self, _: object) -> None:
        """Close the connections that the disposed pool does not know.

        All are terminated first: returning one lets other tasks run, which would return theirs to
        the disposed pool.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        idle, self._idle = self._idle, []
        remaining = (*idle, *self._closing.values())
        for pooled in remaining:
            pooled.driver.terminate()
        for pooled in remaining:
            sync_connection = pooled.connection.sync_connection
            if sync_connection is not None and not sync_connection.closed:
                sync_connection.invalidate()
                sync_connection.close()


async def _discard(pooled: PooledConnection) -> None:
    await pooled.connection.invalidate()
    await pooled.connection.close()


async def driver_connection(connection: AsyncConnection) -> "asyncpg.Connection[Any]":
    raw = await connection.get_raw_connection()
    return cast("asyncpg.Connection[Any]", raw.driver_connection)


def _max_pooled(engine: AsyncEngine) -> int:
    pool = engine.sync_engine.pool
    size = pool.size() if isinstance(pool, QueuePool) else 1
    return max(1, size * 3 // 4)
