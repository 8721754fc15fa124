"""Tables beside the event store: recipients, deliveries, budgets, progress of applications."""

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)
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

replaced_parts = Table(
    "replaced_parts",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("envelope", JSONB, nullable=False),
    Column("envelope_event_id", Uuid, nullable=False),
)

submission_contacts = Table(
    "submission_contacts",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("submission_id", Uuid, primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("locale", Text, nullable=False),
    Column("envelope", JSONB, nullable=False),
    Column("envelope_event_id", Uuid, nullable=False),
    Column("email_envelope", JSONB(none_as_null=True)),
    Column("email_envelope_event_id", Uuid),
    Column("project", Text),
)
"""Contacts of open submissions; the `recipients` have those of the first or activated one."""

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
    Column("facts", JSONB, nullable=False, server_default=text("'{}'")),
    Column("sealed", JSONB(none_as_null=True)),
    Column("recipient_key", LargeBinary),
    Column("ended_at", DateTime(timezone=True)),
    Column("resend_of", Uuid),
    Column("requested_by", Uuid),
    Index("deliveries_due", "next_attempt_at", postgresql_where=text("state IN ('due', 'held')")),
    Index("deliveries_held", "recipient_key", postgresql_where=text("state = 'held'")),
    Index(
        "deliveries_open",
        "state",
        "happened_at",
        postgresql_where=text("state IN ('waiting', 'due', 'held')"),
    ),
    Index("deliveries_ended", "happened_at", postgresql_where=text("state IN ('sent', 'failed')")),
)

message_budgets = Table(
    "message_budgets",
    metadata,
    Column("recipient_key", LargeBinary, primary_key=True),
    Column("messages", Integer, nullable=False),
    Column("window_ends_at", DateTime(timezone=True), nullable=False),
    Column("collects_from", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    Index("message_budgets_ends_at", "ends_at"),
)

progress = Table(
    "progress",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("last_event_id", Uuid, nullable=False),
    Column("last_event_at", DateTime(timezone=True), nullable=False),
    Column("has_started", Boolean, nullable=False),
    Column("is_activated", Boolean, nullable=False),
    Column("is_employed", Boolean, nullable=False),
    Column("has_documents", Boolean, nullable=False),
    Column("is_over", Boolean, nullable=False),
    Column("is_halted", Boolean, nullable=False),
    Column("reminders", Integer, nullable=False),
    Column("leased_until", DateTime(timezone=True)),
    Index("progress_open", "last_event_at", postgresql_where=text("NOT is_over AND NOT is_halted")),
)
