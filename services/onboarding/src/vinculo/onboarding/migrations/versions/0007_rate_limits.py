"""Rename the table of rate limits to the library's names."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.rename_table("counted_tries", "rate_limits")
    op.alter_column("rate_limits", "counter", new_column_name="key")
    op.alter_column("rate_limits", "period_seconds", new_column_name="window_seconds")
    op.alter_column("rate_limits", "tries", new_column_name="hits")
    op.execute("ALTER INDEX counted_tries_pkey RENAME TO rate_limits_pkey")
    op.execute("ALTER INDEX ix_counted_tries_ends_at RENAME TO rate_limits_ends_at")
