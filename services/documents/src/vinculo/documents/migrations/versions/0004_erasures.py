"""Deletion of erased people's files, which includes the people who were erased before."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "erasures",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("erased_at", moment, nullable=False),
        sa.Column("forms_end_at", moment, nullable=False),
        sa.Column("sweep_at", moment, nullable=False),
        sa.Column("objects", sa.BigInteger, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("reported_at", moment),
        sa.Column("ended_at", moment),
    )
    op.create_index(
        "erasures_due", "erasures", ["sweep_at"], postgresql_where=sa.text("ended_at IS NULL")
    )
    op.execute(
        """
        INSERT INTO erasures (person_id, erased_at, forms_end_at, sweep_at, objects, bytes)
        SELECT person_id, erased_at,
               GREATEST(erased_at, (SELECT max(expires_at) FROM uploads
                                    WHERE uploads.person_id = people_access.person_id)),
               now(), 0, 0
        FROM people_access
        WHERE erased_at IS NOT NULL
        """
    )
