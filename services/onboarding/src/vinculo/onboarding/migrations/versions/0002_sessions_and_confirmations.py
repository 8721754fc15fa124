"""Sessions, links and codes that confirm changes of an account, and internal users' roles."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("accounts", sa.Column("internal_role", sa.Text))
    op.create_table(
        "session_families",
        sa.Column("family_id", sa.Uuid, primary_key=True),
        sa.Column(
            "person_id",
            sa.Uuid,
            sa.ForeignKey("accounts.person_id", ondelete="CASCADE"),
            index=True,
        ),
        sa.Column(
            "staff_id", sa.Uuid, sa.ForeignKey("staff.staff_id", ondelete="CASCADE"), index=True
        ),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("previous_hash", sa.LargeBinary),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lapses_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.CheckConstraint(
            "(person_id IS NULL) <> (staff_id IS NULL)", name="session_has_one_owner"
        ),
    )
    op.create_table(
        "confirmation_links",
        sa.Column("link_id", sa.Uuid, primary_key=True),
        _person(index=True),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("session_id", sa.Uuid),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "code_tries",
        _person(primary_key=True),
        sa.Column("purpose", sa.Text, primary_key=True),
        sa.Column("code_id", sa.Uuid, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
    )


def _person(*, primary_key: bool = False, index: bool = False) -> sa.Column[object]:
    return sa.Column(
        "person_id",
        sa.Uuid,
        sa.ForeignKey("accounts.person_id", ondelete="CASCADE"),
        nullable=False,
        primary_key=primary_key,
        index=index,
    )
