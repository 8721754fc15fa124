"""Submissions before activation, and hashes by which a repeated registration is compared."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

WAITING_REGISTRATIONS = """
INSERT INTO submissions
    (submission_id, person_id, key_id, password_hash, received_at, link_expires_at)
SELECT accounts.registration_id, accounts.person_id, accounts.person_id, accounts.password_hash,
    started.recorded_at,
    (SELECT max((issued.data ->> 'expires_at')::timestamptz) FROM events issued
     WHERE issued.stream_id = started.stream_id AND issued.type = 'activation-link-issued.v1')
FROM accounts JOIN events started
    ON started.stream_id = 'application-' || accounts.person_id::text AND started.version = 1
WHERE accounts.email_verified_at IS NULL AND accounts.registration_id IS NOT NULL
"""
"""A registration of an earlier version is sealed under the person's own key."""


def upgrade() -> None:
    op.create_table(
        "submissions",
        sa.Column("submission_id", sa.Uuid, primary_key=True),
        sa.Column(
            "person_id",
            sa.Uuid,
            sa.ForeignKey("accounts.person_id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("key_id", sa.Uuid, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("email_hash", sa.LargeBinary),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("link_expires_at", sa.DateTime(timezone=True), index=True),
    )
    op.execute(WAITING_REGISTRATIONS)
    op.add_column("activation_links", sa.Column("submission_id", sa.Uuid))
    op.execute(
        "UPDATE activation_links SET submission_id = accounts.registration_id"
        " FROM accounts WHERE accounts.person_id = activation_links.person_id"
    )
    op.add_column("accounts", sa.Column("email_hash", sa.LargeBinary))
    op.add_column("accounts", sa.Column("birth_date_hash", sa.LargeBinary))
