"""Corrections of identities that wait for an operator."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "identity_corrections",
        sa.Column("correction_id", sa.Uuid, primary_key=True),
        sa.Column(
            "person_id",
            sa.Uuid,
            sa.ForeignKey("accounts.person_id", ondelete="CASCADE"),
            nullable=False,
            unique=True,
        ),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False, index=True),
    )
