"""What the relay has published last, and the topics that it must not continue."""

from alembic import op

from vinculo.messaging.relay_positions import create_relay_tables

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    create_relay_tables(op)
