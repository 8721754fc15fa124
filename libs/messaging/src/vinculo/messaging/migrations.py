"""The tables a consumer needs, for a service's own Alembic revisions."""

from typing import Any, Protocol

from sqlalchemy.schema import CreateTable

from vinculo.messaging.tables import consumed_streams, quarantined_streams, settled_dead_letters


class Executes(Protocol):
    """As much of Alembic's `op` as is needed here; the module and the object both have it."""

    def execute(self, sqltext: Any) -> None: ...  # noqa: ANN401 - as Alembic declares it


def create_consumer_tables(op: Executes) -> None:
    """Create the tables of guards, quarantines and settled dead letters."""
    for table in (consumed_streams, quarantined_streams, settled_dead_letters):
        op.execute(CreateTable(table))
