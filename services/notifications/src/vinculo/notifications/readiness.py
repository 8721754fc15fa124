"""What each process needs before it can do its work.

The mail server is not among it: while it is away messages wait, and metrics tell.
"""

from collections.abc import Awaitable, Callable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.notifications.tables import deliveries

Check = Callable[[], Awaitable[None]]

KEYRING_QUERY = "SELECT subject FROM keys LIMIT 0"


def database_check(engine: AsyncEngine) -> Check:
    async def database() -> None:
        async with engine.connect() as connection:
            await connection.execute(select(deliveries.c.message_id).limit(0))

    return database


def keyring_check(engine: AsyncEngine) -> Check:
    async def keyring() -> None:
        async with engine.connect() as connection:
            await connection.exec_driver_sql(KEYRING_QUERY)

    return keyring
