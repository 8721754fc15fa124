"""Events of messages, recipients as envelopes, and the queue of deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from vinculo.eventstore.migrations import create_event_tables
from vinculo.messaging.consumer_tables import create_consumer_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_event_tables(op)
    create_consumer_tables(op)
    op.create_table(
        "recipients",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("envelope", JSONB, nullable=False),
        sa.Column("envelope_event_id", sa.Uuid, nullable=False),
    )
    op.create_table(
        "erased_recipients",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "deliveries",
        sa.Column("message_id", sa.Uuid, primary_key=True),
        sa.Column("person_id", sa.Uuid, nullable=False, index=True),
        sa.Column("template", sa.Text, nullable=False),
        sa.Column("cause_event_id", sa.Uuid, nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("link_id", sa.Uuid),
        sa.Column("link_issued_at", sa.DateTime(timezone=True)),
        sa.Column("link_expires_at", sa.DateTime(timezone=True)),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason_code", sa.Text),
    )
    op.create_index(
        "deliveries_due",
        "deliveries",
        ["next_attempt_at"],
        postgresql_where=sa.text("state = 'due'"),
    )
