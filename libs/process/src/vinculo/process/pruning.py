"""Deletes expired rows a few at a time, so that a table stays small without long locks."""

from typing import Any, Final

from sqlalchemy import ColumnElement, Delete, Table, delete, select, tuple_

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
