"""Contacts that were replaced, what a message was caused by, and who may be reminded."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "replaced_parts",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("part", sa.Text, primary_key=True),
        sa.Column("envelope", JSONB, nullable=False),
        sa.Column("envelope_event_id", sa.Uuid, nullable=False),
    )
    op.add_column(
        "deliveries", sa.Column("facts", JSONB, nullable=False, server_default=sa.text("'{}'"))
    )
    op.add_column("deliveries", sa.Column("sealed", JSONB))
    op.create_table(
        "progress",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("last_event_id", sa.Uuid, nullable=False),
        sa.Column("last_event_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("has_started", sa.Boolean, nullable=False),
        sa.Column("is_activated", sa.Boolean, nullable=False),
        sa.Column("is_employed", sa.Boolean, nullable=False),
        sa.Column("has_documents", sa.Boolean, nullable=False),
        sa.Column("is_over", sa.Boolean, nullable=False),
        sa.Column("is_halted", sa.Boolean, nullable=False),
        sa.Column("reminders", sa.Integer, nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True)),
    )
    op.create_index(
        "progress_open",
        "progress",
        ["last_event_at"],
        postgresql_where=sa.text("NOT is_over AND NOT is_halted"),
    )
