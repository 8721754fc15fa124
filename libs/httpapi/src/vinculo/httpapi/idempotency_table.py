"""The table of kept answers. Neither keys nor bodies of requests are in it, only keyed digests."""

from sqlalchemy import Column, DateTime, Index, LargeBinary, MetaData, SmallInteger, Table
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("body_digest", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Index("idempotency_keys_expires_at", "expires_at"),
)
