"""Registrations found by their id, and tries that are counted by the hour and the day."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("registration_id", sa.Uuid))
    op.execute(
        "UPDATE accounts SET registration_id = (events.data ->> 'registration_id')::uuid"
        " FROM events WHERE events.subject = accounts.person_id"
        " AND events.stream_id = 'application-' || accounts.person_id::text"
        " AND events.version = 1"
    )
    op.create_unique_constraint("accounts_registration_id_key", "accounts", ["registration_id"])
    op.create_table(
        "counted_tries",
        sa.Column("counter", sa.LargeBinary, primary_key=True),
        sa.Column("period_seconds", sa.Integer, primary_key=True),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
