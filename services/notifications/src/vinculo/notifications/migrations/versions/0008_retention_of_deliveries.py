"""Indexes for the backlog of deliveries, and for deleting those that ended long ago."""

from alembic import op
from sqlalchemy import text

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_index(
        "deliveries_open",
        "deliveries",
        ["state", "happened_at"],
        postgresql_where=text("state IN ('waiting', 'due', 'held')"),
    )
    op.create_index(
        "deliveries_ended",
        "deliveries",
        ["happened_at"],
        postgresql_where=text("state IN ('sent', 'failed')"),
    )
