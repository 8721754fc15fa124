"""What libraries with tables need: Alembic's operations, and the deletion of expired rows."""

from typing import Any, Final, Protocol

from sqlalchemy import ColumnElement, Delete, Table, delete, select, tuple_


class Executes(Protocol):
    """Alembic's `op`, as the module and as an `Operations` object."""

    def execute(self, sqltext: Any) -> None: ...  # noqa: ANN401 - as Alembic declares it


ROWS_PER_PRUNE: Final = 20


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
