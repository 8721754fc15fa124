"""State, language and version of members of staff, and the links that are mailed to them."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.alter_column("staff", "password_hash", nullable=True)
    op.add_column("staff", sa.Column("state", sa.Text, nullable=False, server_default="active"))
    op.add_column("staff", sa.Column("locale", sa.Text, nullable=False, server_default="es"))
    op.add_column("staff", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    op.add_column("staff", sa.Column("last_sign_in_at", sa.DateTime(timezone=True)))
    op.create_check_constraint(
        "active_staff_have_a_password", "staff", "state <> 'active' OR password_hash IS NOT NULL"
    )
    op.create_table(
        "staff_links",
        sa.Column("link_id", sa.Uuid, primary_key=True),
        sa.Column(
            "staff_id",
            sa.Uuid,
            sa.ForeignKey("staff.staff_id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("undeliverable_at", sa.DateTime(timezone=True)),
    )
