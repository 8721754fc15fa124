"""The three tables of the event store, as SQLAlchemy Core tables."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Identity,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

streams = Table(
    "streams",
    metadata,
    Column("stream_id", Text, primary_key=True),
    Column("subject", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    postgresql_with={"fillfactor": 80},
)

events = Table(
    "events",
    metadata,
    Column("stream_id", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("event_id", Uuid, nullable=False),
    Column("subject", Uuid, nullable=False),
    Column("type", Text, nullable=False),
    Column("data", JSONB, nullable=False),
    Column("personal", JSONB(none_as_null=True)),
    Column("meta", JSONB, nullable=False),
    Column(
        "recorded_at",
        DateTime(timezone=True),
        nullable=False,
        server_default=text("clock_timestamp()"),
    ),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("stream_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
)
