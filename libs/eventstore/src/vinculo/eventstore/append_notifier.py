"""Notifies the relay of appended events, by PostgreSQL's NOTIFY after the commit of an append.

NOTIFY in the transaction of the append would serialise the commits of all databases of the server,
because it holds a lock of the whole server until its commit is on disk. A transaction that only
notifies writes nothing to disk.
"""

import asyncio
import contextlib
from typing import Any, Final

import asyncpg
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from vinculo.eventstore.statement_pool import StatementPool

CHANNEL: Final = "vinculo_outbox"
COALESCE_SECONDS: Final = 0.03
TIMEOUT_SECONDS: Final = 1.0

_NOTIFIER: Final = "vinculo-append-notifier"


class AppendNotifier:
    """Sends notifications in the background, at most one per `COALESCE_SECONDS`.

    The first is sent at once. A notification that fails is lost: the relay also polls. None is sent
    after the engine is disposed: nothing would close the connection.
    """

    def __init__(self, engine: AsyncEngine, statements: StatementPool) -> None:
        self._engine = engine
        self._statements = statements
        self._pool_of_append: Pool | None = None
        self._sending: asyncio.Task[None] | None = None
        event.listen(engine.sync_engine, "checkin", _notify)

    def notify(self) -> None:
        """Notify the relay of events that are committed."""
        self._pool_of_append = self._engine.sync_engine.pool
        if self._sending is None:
            self._sending = asyncio.get_running_loop().create_task(self._send_pending())

    def notify_after_commit(self, connection: AsyncConnection) -> None:
        """Notify the relay when the connection returns to the pool.

        By then its transaction has ended, also one whose commit was sent to the driver. The commit
        event of SQLAlchemy comes before the commit, and only for its own transactions.
        """
        connection.info[_NOTIFIER] = self

    async def _send_pending(self) -> None:
        try:
            while self._pool_of_append is self._engine.sync_engine.pool:
                self._pool_of_append = None
                with contextlib.suppress(
                    OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError
                ):
                    await self._statements.run(_send)
                await asyncio.sleep(COALESCE_SECONDS)
        finally:
            self._sending = None


def _notify(_: object, entry: ConnectionPoolEntry) -> None:
    notifier = entry.info.pop(_NOTIFIER, None)
    if notifier is not None:
        notifier.notify()


async def _send(driver: "asyncpg.Connection[Any]") -> None:
    await driver.execute(f"NOTIFY {CHANNEL}", timeout=TIMEOUT_SECONDS)
