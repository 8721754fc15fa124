"""When each activation link expires, for the deletion of links that ended long ago."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """The expiry of earlier links is not known: later than that of any."""
    op.add_column("activation_links", sa.Column("expires_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE activation_links SET expires_at = clock_timestamp() + interval '30 days'")
    op.alter_column("activation_links", "expires_at", nullable=False)
    op.create_index("activation_links_expiry", "activation_links", ["expires_at"])
