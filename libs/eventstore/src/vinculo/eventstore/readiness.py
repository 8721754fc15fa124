"""Whether a database answers and has what a process needs of it."""

from collections.abc import Awaitable, Callable

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncEngine


def table_check(engine: AsyncEngine, table: Table) -> Callable[[], Awaitable[None]]:
    """A readiness check; raises what the database says while it or the table is not there."""
    query = select(*table.primary_key.columns).limit(0)

    async def check() -> None:
        async with engine.connect() as connection:
            await connection.execute(query)

    return check
