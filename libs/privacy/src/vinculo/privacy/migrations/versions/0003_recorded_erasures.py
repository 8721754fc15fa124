"""The position of each erased person in the erasure ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "recorded_erasures",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("store_epoch", sa.BigInteger, nullable=False),
    )
    op.create_index("recorded_erasures_position", "recorded_erasures", ["position"])
    op.create_index(
        "keys_destroyed",
        "keys",
        ["key_id"],
        postgresql_where=sa.text("destroyed_at IS NOT NULL AND key_id = subject"),
    )
