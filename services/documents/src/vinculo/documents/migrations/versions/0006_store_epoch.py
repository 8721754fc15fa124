"""The epoch of the event store, which every event carries."""

from alembic import op

from vinculo.eventstore.migrations import create_store_epoch

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    create_store_epoch(op)
