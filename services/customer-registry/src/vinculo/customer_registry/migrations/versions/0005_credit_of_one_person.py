"""A loan is of one person, with a version of 64 bits; whose each application for credit is.

Of a loan that was kept for several people the newest report remains. The reports are read once
more by a consumer of another name, which appends them to the registry's own streams; the
checkpoints of the one before it are deleted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_OLDER = """
DELETE FROM loans USING (
    SELECT person_id, source, loan_id, row_number() OVER (
        PARTITION BY source, loan_id ORDER BY loan_version DESC, reported_at DESC, person_id
    ) AS place FROM loans
) AS ranked
WHERE ranked.place > 1 AND loans.person_id = ranked.person_id
    AND loans.source = ranked.source AND loans.loan_id = ranked.loan_id
"""


def upgrade() -> None:
    op.execute(_OLDER)
    op.drop_constraint("loans_pkey", "loans")
    op.create_primary_key("loans_pkey", "loans", ["source", "loan_id"])
    op.alter_column("loans", "loan_version", type_=sa.BigInteger)
    op.add_column(
        "loans", sa.Column("active", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.execute("UPDATE loans SET active = true WHERE status = 'active'")
    op.alter_column("loans", "active", server_default=None)
    op.create_index("loans_of_person", "loans", ["person_id"])
    op.create_table(
        "credit_applications",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("application_id", sa.Text, primary_key=True),
        sa.Column("person_id", sa.Uuid, nullable=False),
        sa.Column("application_version", sa.BigInteger, nullable=False),
    )
    op.create_index("credit_applications_of_person", "credit_applications", ["person_id"])
    # Streams of all other topics are named `<category>-<id>`.
    op.execute("DELETE FROM consumed_streams WHERE stream_id LIKE '%|%'")
