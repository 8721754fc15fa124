"""What libraries with tables need: Alembic's operations, and the deletion of expired rows."""

from collections.abc import Callable
from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, Delete, Table, delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.process.periodic import PeriodicJob


class Executes(Protocol):
    """Alembic's `op`, as the module and as an `Operations` object."""

    def execute(self, sqltext: Any) -> None: ...  # noqa: ANN401 - as Alembic declares it


ROWS_PER_PRUNE: Final = 20
ROWS_PER_TRANSACTION: Final = 1_000
PRUNING_INTERVAL_SECONDS: Final = 3600.0


def prune_statement(
    table: Table, expired: ColumnElement[bool], limit: int = ROWS_PER_PRUNE
) -> Delete:
    """A statement that deletes at most `limit` expired rows, without waiting for locked ones.

    If it is executed with every write to the table, it deletes more rows than are added.
    """
    key: Any = tuple_(*table.primary_key.columns)
    rows = (
        select(*table.primary_key.columns)
        .where(expired)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return delete(table).where(key.in_(rows))


def pruning_job(
    table: Table, expired: Callable[[], ColumnElement[bool]], engine: AsyncEngine
) -> PeriodicJob:
    """An hourly job that deletes all rows which are expired by then, a thousand at a time."""

    async def prune() -> None:
        condition = expired()
        deleted = ROWS_PER_TRANSACTION
        while deleted == ROWS_PER_TRANSACTION:
            async with engine.begin() as connection:
                statement = prune_statement(table, condition, ROWS_PER_TRANSACTION)
                deleted = (await connection.execute(statement)).rowcount

    return PeriodicJob(
        name=f"prune-{table.name.replace('_', '-')}",
        work=prune,
        interval_seconds=PRUNING_INTERVAL_SECONDS,
        engine=engine,
    )
