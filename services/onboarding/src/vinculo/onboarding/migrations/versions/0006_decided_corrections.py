"""Whose the corrections were that operators have decided on."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "decided_corrections",
        sa.Column("correction_id", sa.Uuid, primary_key=True),
        sa.Column(
            "person_id",
            sa.Uuid,
            sa.ForeignKey("accounts.person_id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
    )
