"""When and with which browser a session was opened."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("session_families", sa.Column("opened_at", sa.DateTime(timezone=True)))
    op.add_column("session_families", sa.Column("browser", sa.Text))
    op.add_column("session_families", sa.Column("system", sa.Text))
