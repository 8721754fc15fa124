"""The answers that requests with an `Idempotency-Key` were given."""

from alembic import op
from alembic.operations import Operations

from vinculo.httpapi.idempotency_store import create_idempotency_table

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    create_idempotency_table(Operations(op.get_context()))
