"""How far each consumer has come in each stream, beside the effects in the same database."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Integer,
    MetaData,
    Table,
    Text,
    text,
)

metadata = MetaData()

consumed_streams = Table(
    "consumed_streams",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("stream_id", Text, primary_key=True),
    Column("last_version", BigInteger, nullable=False),
    postgresql_with={"fillfactor": 80},
)

quarantined_streams = Table(
    "quarantined_streams",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("stream_id", Text, primary_key=True),
    Column("last_dead_lettered_version", BigInteger, nullable=False),
)

settled_dead_letters = Table(
    "settled_dead_letters",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("partition", Integer, primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("settled_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
)
