"""The side tables: whom we can write to, and what is still to be delivered."""

from sqlalchemy import Column, DateTime, Index, Integer, MetaData, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

recipients = Table(
    "recipients",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("locale", Text, nullable=False),
    Column("envelope", JSONB, nullable=False),
    Column("envelope_event_id", Uuid, nullable=False),
)

erased_recipients = Table(
    "erased_recipients",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("erased_at", DateTime(timezone=True), nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("message_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False, index=True),
    Column("template", Text, nullable=False),
    Column("cause_event_id", Uuid, nullable=False),
    Column("happened_at", DateTime(timezone=True), nullable=False),
    Column("link_id", Uuid),
    Column("link_issued_at", DateTime(timezone=True)),
    Column("link_expires_at", DateTime(timezone=True)),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_attempt_at", DateTime(timezone=True), nullable=False),
    Column("reason_code", Text),
    Index("deliveries_due", "next_attempt_at", postgresql_where=text("state = 'due'")),
)
