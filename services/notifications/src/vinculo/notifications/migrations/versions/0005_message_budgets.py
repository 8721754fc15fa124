"""Budgets of messages per address, deliveries held for one, and the project of a submission."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "message_budgets",
        sa.Column("recipient_key", sa.LargeBinary, primary_key=True),
        sa.Column("messages", sa.Integer, nullable=False),
        sa.Column("window_ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("collects_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("message_budgets_ends_at", "message_budgets", ["ends_at"])
    op.add_column("submission_contacts", sa.Column("project", sa.Text))
    op.add_column("deliveries", sa.Column("recipient_key", sa.LargeBinary))
    op.drop_index("deliveries_due", "deliveries")
    op.create_index(
        "deliveries_due",
        "deliveries",
        ["next_attempt_at"],
        postgresql_where=sa.text("state IN ('due', 'held')"),
    )
    op.create_index(
        "deliveries_held",
        "deliveries",
        ["recipient_key"],
        postgresql_where=sa.text("state = 'held'"),
    )
