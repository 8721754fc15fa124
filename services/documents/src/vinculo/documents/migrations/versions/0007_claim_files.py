"""Claims to documents, uploads that belong to a claim, and the deletion of their files."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "document_claims",
        sa.Column("claim_id", sa.Uuid, primary_key=True),
        sa.Column("holder", sa.Uuid, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("ended_at", moment),
    )
    op.create_index(
        "document_claims_open",
        "document_claims",
        ["holder"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    for table in ("uploads", "document_accesses"):
        op.alter_column(table, "person_id", nullable=True)
        op.add_column(table, sa.Column("claim_id", sa.Uuid))
        op.create_check_constraint(
            f"{table}_one_owner", table, "num_nonnulls(person_id, claim_id) = 1"
        )
    op.create_index(
        "uploads_of_claims",
        "uploads",
        ["claim_id"],
        postgresql_where=sa.text("claim_id IS NOT NULL"),
    )
    op.alter_column("erasures", "person_id", new_column_name="owner_id")
    op.add_column(
        "erasures", sa.Column("of_claim", sa.Boolean, nullable=False, server_default=sa.false())
    )
