"""Payers that are proposed, suspended or refused, and by what a proposal is known again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("payers", sa.Column("status", sa.Text, nullable=False, server_default="active"))
    op.alter_column("payers", "status", server_default=None)
    op.add_column("payers", sa.Column("same_as", sa.Uuid))
    op.alter_column("payers", "tax_id", nullable=True)
    op.create_table(
        "payer_proposals",
        sa.Column("known_by", sa.Text, primary_key=True),
        sa.Column("payer_id", sa.Uuid, sa.ForeignKey("payers.payer_id"), nullable=False),
    )
