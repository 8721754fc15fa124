"""The rows that must agree with the events: accounts, reservations, links, payers, staff."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
)

metadata = MetaData()

accounts: Final = Table(
    "accounts",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("project", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("email_verified_at", DateTime(timezone=True)),
    # As the registry says; None until its first event arrives.
    Column("status", Text),
    Column("kind", Text),
    Column("customer_id", Uuid),
    # What the person was answered at registration; a repeat's is nobody's.
    Column("registration_id", Uuid, unique=True),
    # Of a customer who is an internal user too.
    Column("internal_role", Text),
)

document_reservations: Final = Table(
    "document_reservations",
    metadata,
    # A keyed hash: the number itself is only in the sealed part of an event.
    Column("identity_hash", LargeBinary, primary_key=True),
    Column("person_id", Uuid, nullable=False, index=True),
)

activation_links: Final = Table(
    "activation_links",
    metadata,
    Column("link_id", Uuid, primary_key=True),
    Column(
        "person_id",
        Uuid,
        ForeignKey("accounts.person_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
)

counted_tries: Final = Table(
    "counted_tries",
    metadata,
    # A keyed hash of what is counted: an address, a registration.
    Column("counter", LargeBinary, primary_key=True),
    Column("period_seconds", Integer, primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False, index=True),
)

sign_in_attempts: Final = Table(
    "sign_in_attempts",
    metadata,
    # Of whom somebody tried to be, whether or not such a person exists.
    Column("identifier_hash", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("tried_at", DateTime(timezone=True), nullable=False, index=True),
    Column("retry_at", DateTime(timezone=True), nullable=False),
)

payers: Final = Table(
    "payers",
    metadata,
    Column("payer_id", Uuid, primary_key=True),
    # None of a proposal without one, and of a refused one, whose tax id is free again.
    Column("tax_id", Text, unique=True),
    Column("name", Text, nullable=False),
    # Every word of the name, folded, each after a space: a prefix is found as ' prefix'.
    Column("words", Text, nullable=False),
    Column("status", Text, nullable=False),
    # Of a proposal refused as a duplicate: the payer that it duplicates.
    Column("same_as", Uuid),
)

payer_proposals: Final = Table(
    "payer_proposals",
    metadata,
    # The folded name or the tax id that somebody typed in.
    Column("known_by", Text, primary_key=True),
    Column("payer_id", Uuid, ForeignKey("payers.payer_id"), nullable=False),
)

identity_corrections: Final = Table(
    "identity_corrections",
    metadata,
    # Those still open; what is asked for is in the sealed part of the event.
    Column("correction_id", Uuid, primary_key=True),
    Column(
        "person_id",
        Uuid,
        ForeignKey("accounts.person_id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    ),
    Column("requested_at", DateTime(timezone=True), nullable=False, index=True),
)

decided_corrections: Final = Table(
    "decided_corrections",
    metadata,
    # Whose they were, for a decision that is sent again.
    Column("correction_id", Uuid, primary_key=True),
    Column(
        "person_id",
        Uuid,
        ForeignKey("accounts.person_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
)

staff: Final = Table(
    "staff",
    metadata,
    Column("staff_id", Uuid, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
)

# One row per device that is signed in. Of tokens only hashes are kept.
session_families: Final = Table(
    "session_families",
    metadata,
    Column("family_id", Uuid, primary_key=True),
    Column("person_id", Uuid, ForeignKey("accounts.person_id", ondelete="CASCADE"), index=True),
    Column("staff_id", Uuid, ForeignKey("staff.staff_id", ondelete="CASCADE"), index=True),
    Column("token_hash", LargeBinary, nullable=False),
    Column("previous_hash", LargeBinary),
    Column("rotated_at", DateTime(timezone=True), nullable=False),
    Column("ends_at", DateTime(timezone=True), nullable=False),
    # The sooner of `ends_at` and the time after which an unused session lapses.
    Column("lapses_at", DateTime(timezone=True), nullable=False, index=True),
    CheckConstraint("(person_id IS NULL) <> (staff_id IS NULL)", name="session_has_one_owner"),
)

# Whose links were e-mailed, for a password reset or a change of address.
confirmation_links: Final = Table(
    "confirmation_links",
    metadata,
    Column("link_id", Uuid, primary_key=True),
    Column(
        "person_id",
        Uuid,
        ForeignKey("accounts.person_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("purpose", Text, nullable=False),
    # The session in which it was asked for: it survives what the link brings about.
    Column("session_id", Uuid),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)

# How often a code that was sent has been tried. One row per person and purpose: the latest.
code_tries: Final = Table(
    "code_tries",
    metadata,
    Column(
        "person_id",
        Uuid,
        ForeignKey("accounts.person_id", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("purpose", Text, primary_key=True),
    Column("code_id", Uuid, nullable=False),
    Column("tries", Integer, nullable=False),
)
