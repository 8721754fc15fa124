"""Checkpoints with event id, store epoch and quarantine; who resolved a dead letter and why."""

from alembic import op

from vinculo.messaging.consumer_tables import add_quarantine_details

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    add_quarantine_details(op)
