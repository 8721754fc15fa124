"""When each person's last activation link was issued; the wait counts from it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("people", sa.Column("last_link_issued_at", sa.DateTime(timezone=True)))
