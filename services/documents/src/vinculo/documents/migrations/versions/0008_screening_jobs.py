"""Jobs of the screening, done by the worker.

Completions that were interrupted before the migration become jobs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "screening_jobs",
        sa.Column(
            "upload_id",
            sa.Uuid,
            sa.ForeignKey("uploads.upload_id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("owner_id", sa.Uuid, nullable=False),
        sa.Column("requested_at", moment, nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("lease_id", sa.Uuid),
        sa.Column("correlation_id", sa.Text),
        sa.Column("traceparent", sa.Text),
        sa.Column("actor", sa.Text),
    )
    op.create_index("screening_jobs_due", "screening_jobs", ["due_at"])
    op.create_index("screening_jobs_by_owner", "screening_jobs", ["owner_id", "requested_at"])
    op.add_column("uploads", sa.Column("completed_at", moment))
    op.execute(
        "UPDATE uploads SET completed_at = opened_at"
        " WHERE received_sha256 IS NOT NULL OR result IS NOT NULL"
    )
    op.execute(
        "INSERT INTO screening_jobs (upload_id, owner_id, requested_at, due_at)"
        " SELECT upload_id, coalesce(person_id, claim_id), opened_at, now() FROM uploads"
        " WHERE received_sha256 IS NOT NULL AND result IS NULL"
    )
