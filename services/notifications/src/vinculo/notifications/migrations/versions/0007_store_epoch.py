"""The epoch of the event store, which every event carries."""

from alembic import op

from vinculo.eventstore.migrations import create_store_epoch

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    create_store_epoch(op)
