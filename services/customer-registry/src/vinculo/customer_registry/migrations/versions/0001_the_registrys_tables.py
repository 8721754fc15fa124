"""The event store, the consumers' guards, and the registry's own tables."""

import sqlalchemy as sa
from alembic import op
from alembic.operations import Operations
from sqlalchemy.dialects.postgresql import JSONB

from vinculo.eventstore.migrations import create_event_tables
from vinculo.httpapi.idempotency_store import create_idempotency_table
from vinculo.messaging.consumer_tables import create_consumer_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_event_tables(op)
    create_consumer_tables(op)
    create_idempotency_table(Operations(op.get_context()))
    op.execute(sa.schema.CreateSequence(sa.Sequence("registration_numbers")))
    op.create_table(
        "people",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("project", sa.Text),
        sa.Column("facts", JSONB, nullable=False, server_default=sa.text("'{}'::jsonb")),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.Column("evaluated_version", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("erased_at", sa.DateTime(timezone=True)),
        postgresql_with={"fillfactor": 70},
    )
    op.create_index(
        "people_to_sweep",
        "people",
        ["project", "evaluated_version", "person_id"],
        postgresql_where=sa.text("project IS NOT NULL AND erased_at IS NULL"),
    )
    op.create_table(
        "policies",
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("policy_version", sa.Integer, nullable=False),
        sa.Column("requirements", JSONB, nullable=False),
    )
    op.create_table(
        "loans",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("loan_id", sa.Text, primary_key=True),
        sa.Column("loan_version", sa.Integer, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "erasures",
        sa.Column("erasure_id", sa.Uuid, primary_key=True),
        sa.Column("person_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("requested_by", sa.Uuid, nullable=False),
        sa.Column("reason_code", sa.Text, nullable=False),
        sa.Column("note", JSONB(none_as_null=True)),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("key_destroyed_at", sa.DateTime(timezone=True)),
        sa.Column("account_swept_at", sa.DateTime(timezone=True)),
    )
