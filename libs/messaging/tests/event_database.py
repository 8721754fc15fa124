"""A database with the store's tables and one side table, for the tests."""

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection

from vinculo.eventstore import create_engine
from vinculo.eventstore.migrations import create_event_tables


async def create_tables(url: str) -> None:
    engine = create_engine(url, pool_size=1)
    async with engine.begin() as connection:
        await connection.run_sync(_create)
    await engine.dispose()


def _create(connection: Connection) -> None:
    op = Operations(MigrationContext.configure(connection))
    create_event_tables(op)
    op.execute("CREATE TABLE notes (note text PRIMARY KEY)")
