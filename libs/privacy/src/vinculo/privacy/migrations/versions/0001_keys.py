"""The keys, and the trigger by which an erasure cannot be undone."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

REFUSE_UNDOING = """
CREATE FUNCTION refuse_undoing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.destroyed_at IS NULL
        AND NEW.subject = OLD.subject AND NEW.created_at = OLD.created_at THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of the key ring are kept, and a destroyed key stays destroyed';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "keys",
        sa.Column("subject", sa.Uuid, primary_key=True),
        sa.Column("wrapped_key", sa.LargeBinary),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("clock_timestamp()"),
        ),
        sa.Column("destroyed_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "(wrapped_key IS NULL) = (destroyed_at IS NOT NULL)", name="destroyed_or_wrapped"
        ),
    )
    op.execute(REFUSE_UNDOING)
    op.execute(
        "CREATE TRIGGER keys_are_kept BEFORE UPDATE OR DELETE ON keys "
        "FOR EACH ROW EXECUTE FUNCTION refuse_undoing()"
    )
    op.execute(
        "CREATE TRIGGER keys_are_not_truncated BEFORE TRUNCATE ON keys "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_undoing()"
    )
