"""Events, accounts, reservations, links, sign-in attempts, payers and staff."""

import sqlalchemy as sa
from alembic import op
from alembic.operations import Operations

from vinculo.eventstore.migrations import create_event_tables
from vinculo.httpapi.idempotency_store import create_idempotency_table
from vinculo.messaging.consumer_tables import create_consumer_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_event_tables(op)
    create_consumer_tables(op)
    create_idempotency_table(Operations(op.get_context()))
    op.create_table(
        "accounts",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("country", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("email_verified_at", sa.DateTime(timezone=True)),
        sa.Column("status", sa.Text),
        sa.Column("kind", sa.Text),
        sa.Column("customer_id", sa.Uuid),
    )
    op.create_table(
        "document_reservations",
        sa.Column("identity_hash", sa.LargeBinary, primary_key=True),
        sa.Column("person_id", sa.Uuid, nullable=False, index=True),
    )
    op.create_table(
        "activation_links",
        sa.Column("link_id", sa.Uuid, primary_key=True),
        sa.Column(
            "person_id",
            sa.Uuid,
            sa.ForeignKey("accounts.person_id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("identifier_hash", sa.LargeBinary, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "payers",
        sa.Column("payer_id", sa.Uuid, primary_key=True),
        sa.Column("tax_id", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("words", sa.Text, nullable=False),
    )
    op.create_table(
        "staff",
        sa.Column("staff_id", sa.Uuid, primary_key=True),
        sa.Column("email", sa.Text, nullable=False, unique=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
    )
