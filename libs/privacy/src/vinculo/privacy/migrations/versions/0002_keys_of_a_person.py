"""Several keys per person: each key has an id of its own, the person's first one theirs."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

REFUSE_UNDOING = """
CREATE OR REPLACE FUNCTION refuse_undoing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.destroyed_at IS NULL AND NEW.key_id = OLD.key_id
        AND NEW.subject = OLD.subject AND NEW.created_at = OLD.created_at THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of the key ring are kept, and a destroyed key stays destroyed';
END $$
"""


def upgrade() -> None:
    """The trigger refuses to touch destroyed keys, so it is off while these rows are named."""
    op.add_column("keys", sa.Column("key_id", sa.Uuid))
    op.execute("ALTER TABLE keys DISABLE TRIGGER keys_are_kept")
    op.execute("UPDATE keys SET key_id = subject")
    op.execute("ALTER TABLE keys ENABLE TRIGGER keys_are_kept")
    op.execute(REFUSE_UNDOING)
    op.drop_constraint("keys_pkey", "keys")
    op.create_primary_key("keys_pkey", "keys", ["key_id"])
    op.create_index("keys_subject", "keys", ["subject"])
