"""When a message was sent or failed, and which message staff sent again."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("deliveries", sa.Column("ended_at", sa.DateTime(timezone=True)))
    op.add_column("deliveries", sa.Column("resend_of", sa.Uuid))
    op.add_column("deliveries", sa.Column("requested_by", sa.Uuid))
