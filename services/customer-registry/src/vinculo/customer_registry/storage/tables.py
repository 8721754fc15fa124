"""The tables of the registry, beside those of the event store."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Index,
    Integer,
    MetaData,
    Sequence,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()

registration_numbers = Sequence("registration_numbers", metadata=metadata)

people = Table(
    "people",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("project", Text),
    Column("facts", JSONB, nullable=False, server_default=text("'{}'::jsonb")),
    Column("completed_at", DateTime(timezone=True)),
    Column("evaluated_version", Integer, nullable=False, server_default=text("0")),
    Column("waiting_since", DateTime(timezone=True)),
    Column("last_link_issued_at", DateTime(timezone=True)),
    Column("erased_at", DateTime(timezone=True)),
    Index(
        "people_waiting",
        "waiting_since",
        "person_id",
        postgresql_where=text("waiting_since IS NOT NULL"),
    ),
    Index(
        "people_to_sweep",
        "project",
        "evaluated_version",
        "person_id",
        postgresql_where=text("project IS NOT NULL AND erased_at IS NULL"),
    ),
    postgresql_with={"fillfactor": 70},
)
"""One row per person: the facts, and the policy version of the last evaluation.

The first event of any topic inserts the row, which is locked for every change to the person.
`project` is null until the application is known, `waiting_since` unless the account awaits
activation. `waiting_since` is not before `last_link_issued_at`.
"""

policies = Table(
    "policies",
    metadata,
    Column("project", Text, primary_key=True),
    Column("policy", Text, nullable=False),
    Column("policy_version", Integer, nullable=False),
    Column("requirements", JSONB, nullable=False),
)
"""The active policy of each project."""

loans = Table(
    "loans",
    metadata,
    Column("source", Text, primary_key=True),
    Column("loan_id", Text, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("loan_version", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("reported_at", DateTime(timezone=True), nullable=False),
    Index("loans_of_person", "person_id"),
)
"""Loans as last reported, each of one person, also of people who are not known yet."""

credit_applications = Table(
    "credit_applications",
    metadata,
    Column("source", Text, primary_key=True),
    Column("application_id", Text, primary_key=True),
    Column("person_id", Uuid, nullable=False),
    Column("application_version", BigInteger, nullable=False),
    Index("credit_applications_of_person", "person_id"),
)
"""Whose each application for credit is, by its newest report."""

erasures = Table(
    "erasures",
    metadata,
    Column("erasure_id", Uuid, primary_key=True),
    Column("person_id", Uuid, nullable=False, unique=True),
    Column("requested_by", Uuid, nullable=False),
    Column("reason_code", Text, nullable=False),
    Column("note", JSONB(none_as_null=True)),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("key_destroyed_at", DateTime(timezone=True)),
    Column("account_swept_at", DateTime(timezone=True)),
)
"""The progress of each erasure. The note is encrypted with the person's key."""
