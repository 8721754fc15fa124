"""The registry's version of each account, and denied subjects of external issuers."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column(
        "accounts", sa.Column("registry_version", sa.Integer, nullable=False, server_default="0")
    )
    op.create_table(
        "denied_subjects",
        sa.Column("subject_id", sa.Uuid, primary_key=True),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("denied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=False),
    )
