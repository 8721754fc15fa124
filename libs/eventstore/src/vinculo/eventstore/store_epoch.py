"""The epoch of an event store: every restore from a backup begins a new one.

A restored store appends other events under versions that consumers have seen before. They recognise
such a stream by the newer epoch of its events.
"""

from typing import Final

import asyncpg
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

CONNECT_TIMEOUT_SECONDS: Final = 10

# The time, so that two restores of one backup do not begin the same epoch.
_RAISE: Final = """
UPDATE store_epoch SET epoch = greatest(epoch + 1, extract(epoch FROM clock_timestamp())::bigint)
RETURNING epoch
"""


_READ: Final = text("SELECT epoch FROM store_epoch")


async def read_store_epoch(connection: AsyncConnection) -> int:
    """The current epoch."""
    return int((await connection.execute(_READ)).scalar_one())


async def raise_store_epoch(database_url: str) -> int:
    """Begin a new epoch in a restored database, before a service appends to it; the new epoch."""
    url = make_url(database_url).set(drivername="postgresql")
    connection = await asyncpg.connect(
        url.render_as_string(hide_password=False), timeout=CONNECT_TIMEOUT_SECONDS
    )
    try:
        return int(await connection.fetchval(_RAISE))
    finally:
        await connection.close()
