"""Keys of submissions that ended before activation, until they are destroyed."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table("discarded_keys", sa.Column("key_id", sa.Uuid, primary_key=True))
