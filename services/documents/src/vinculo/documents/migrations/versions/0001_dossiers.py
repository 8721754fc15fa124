"""The event store, and the side rows of uploads, review and access."""

import sqlalchemy as sa
from alembic import op

from vinculo.eventstore.migrations import create_event_tables
from vinculo.messaging.consumer_tables import create_consumer_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_event_tables(op)
    create_consumer_tables(op)
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "uploads",
        sa.Column("upload_id", sa.Uuid, primary_key=True),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("declared_size_bytes", sa.BigInteger, nullable=False),
        sa.Column("object_key", sa.Text, nullable=False),
        sa.Column("opened_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("received_sha256", sa.Text),
        sa.Column("result", sa.Text),
        sa.Column("reason_code", sa.Text),
        sa.CheckConstraint(
            "(result = 'failed') = (reason_code IS NOT NULL)", name="a_reason_to_fail"
        ),
    )
    op.create_index("uploads_by_person", "uploads", ["person_id", "opened_at"])
    op.create_table(
        "review_queue",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("submitted_at", moment, nullable=False),
        sa.Column("document_count", sa.Integer, nullable=False),
    )
    op.create_index("review_queue_oldest_first", "review_queue", ["submitted_at", "person_id"])
    op.create_table(
        "people_access",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("status", sa.Text),
        sa.Column("erased_at", moment),
    )
    op.create_table(
        "document_accesses",
        sa.Column("access_id", sa.Uuid, primary_key=True),
        sa.Column("document_id", sa.Uuid, nullable=False),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("accessed_by", sa.Uuid, nullable=False),
        sa.Column("accessed_at", moment, nullable=False),
    )
    op.create_index(
        "document_accesses_by_person", "document_accesses", ["person_id", "accessed_at"]
    )
