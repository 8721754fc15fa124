"""Whether the key ring's database answers and has its table."""

from collections.abc import Awaitable, Callable

from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.eventstore import table_check
from vinculo.privacy.tables import keys


def keyring_check(engine: AsyncEngine) -> Callable[[], Awaitable[None]]:
    """A readiness check; raises what the database says while it or the table is not there."""
    return table_check(engine, keys)
