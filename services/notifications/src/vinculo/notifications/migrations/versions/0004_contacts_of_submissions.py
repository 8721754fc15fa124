"""Contacts of each submission, until one is activated.

The only submission of an application that was not activated before has the person's id here, as
its own is not known; the first link or correction that names another id gives it that one.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "submission_contacts",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("submission_id", sa.Uuid, primary_key=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locale", sa.Text, nullable=False),
        sa.Column("envelope", JSONB, nullable=False),
        sa.Column("envelope_event_id", sa.Uuid, nullable=False),
        sa.Column("email_envelope", JSONB),
        sa.Column("email_envelope_event_id", sa.Uuid),
    )
    op.execute(
        "INSERT INTO submission_contacts SELECT recipients.person_id, recipients.person_id,"
        " progress.last_event_at, recipients.locale, recipients.envelope,"
        " recipients.envelope_event_id, replaced_parts.envelope, replaced_parts.envelope_event_id"
        " FROM recipients JOIN progress USING (person_id) LEFT JOIN replaced_parts"
        " ON replaced_parts.person_id = recipients.person_id AND replaced_parts.part = 'email'"
        " WHERE NOT progress.is_activated"
    )
