"""asyncpg connections borrowed from SQLAlchemy's pool and kept at hand between two statements.

Taking a connection from the pool and giving it back costs three times what an append costs the
driver. So a connection stays with the store for as long as statements follow each other, and goes
back to the pool when none came for a moment. A part of the pool is always left to transactions.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import asyncpg
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import QueuePool

Result = TypeVar("Result")

IDLE_SECONDS = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Lane:
    connection: AsyncConnection
    driver: "asyncpg.Connection[Any]"


class DriverLanes:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._free = asyncio.Semaphore(_most_lanes(engine))
        self._idle: list[Lane] = []
        self._used_since_tick = False
        self._timer: asyncio.TimerHandle | None = None
        self._closing: dict[asyncio.Task[None], Lane] = {}
        event.listen(engine.sync_engine, "engine_disposed", self._drop_idle)

    async def autocommit(
        self, work: Callable[["asyncpg.Connection[Any]"], Awaitable[Result]]
    ) -> Result:
        """Do the work on a connection outside any transaction: each statement commits itself.

        Raises:
            asyncpg.InterfaceError: the server ended the connection before the statement was sent.

        """
        async with self._free:
            lane = self._idle.pop() if self._idle else None
            if lane is None or lane.driver.is_closed():
                lane = await self._replace(lane)
            try:
                return await work(lane.driver)
            except asyncpg.InternalClientError as error:
                # The server's farewell was read, the end of the stream was not yet.
                lane.driver.terminate()
                raise asyncpg.InterfaceError("the server ended the connection") from error
            finally:
                if lane.driver.is_closed():
                    await _forget(lane)
                else:
                    self._put(lane)

    async def _replace(self, lane: Lane | None) -> Lane:
        if lane is not None:
            await _forget(lane)
        connection = await self._engine.connect()
        return Lane(connection, await driver_of(connection))

    def _put(self, lane: Lane) -> None:
        self._idle.append(lane)
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
        for lane in idle:
            task = asyncio.get_running_loop().create_task(lane.connection.close())
            self._closing[task] = lane
            task.add_done_callback(self._closing.pop)

    def _drop_idle(self, _: object) -> None:
        """Close what the disposed pool does not know to be its own.

        All at first: giving one back lets others run, and they would go back to the disposed pool.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        idle, self._idle = self._idle, []
        left = (*idle, *self._closing.values())
        for lane in left:
            lane.driver.terminate()
        for lane in left:
            sync_connection = lane.connection.sync_connection
            if sync_connection is not None and not sync_connection.closed:
                sync_connection.invalidate()
                sync_connection.close()


async def _forget(lane: Lane) -> None:
    await lane.connection.invalidate()
    await lane.connection.close()


async def driver_of(connection: AsyncConnection) -> "asyncpg.Connection[Any]":
    raw = await connection.get_raw_connection()
    return cast("asyncpg.Connection[Any]", raw.driver_connection)


def _most_lanes(engine: AsyncEngine) -> int:
    pool = engine.sync_engine.pool
    size = pool.size() if isinstance(pool, QueuePool) else 1
    return max(1, size * 3 // 4)
