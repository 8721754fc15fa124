"""Since when each person's account waits to be activated."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("people", sa.Column("waiting_since", sa.DateTime(timezone=True)))
    op.execute(
        "UPDATE people SET waiting_since = (last.data ->> 'at')::timestamptz FROM ("
        " SELECT DISTINCT ON (subject) subject, jsonb_build_object("
        "'status', data ->> 'to_status',"
        " 'at', coalesce(data ->> 'registered_at', data ->> 'unblocked_at')) AS data"
        " FROM events WHERE stream_id LIKE 'customer-%'"
        " AND (data ? 'to_status' OR type = 'record-erased.v1')"
        " ORDER BY subject, version DESC) AS last"
        " WHERE last.subject = people.person_id"
        " AND last.data ->> 'status' = 'pending_email_verification'"
    )
    op.create_index(
        "people_waiting",
        "people",
        ["waiting_since", "person_id"],
        postgresql_where=sa.text("waiting_since IS NOT NULL"),
    )
