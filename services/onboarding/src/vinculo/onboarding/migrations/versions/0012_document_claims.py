"""Claims to documents that another person's account holds."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "document_claims",
        sa.Column("claim_id", sa.Uuid, primary_key=True),
        sa.Column(
            "holder",
            sa.Uuid,
            sa.ForeignKey("accounts.person_id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("submission_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
    )
    op.create_index("document_claims_page", "document_claims", ["opened_at", "claim_id"])
