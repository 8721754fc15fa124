"""Tables whose rows must agree with the events: accounts, reservations, links, payers, staff."""

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    text,
)

metadata: Final = MetaData()
accounts: Final = Table(
    "accounts",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("project", Text, nullable=False),
    Column("country", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("email_verified_at", DateTime(timezone=True)),
    # As last reported by the registry; NULL until its first event arrives.
    Column("status", Text),
    Column("kind", Text),
    Column("customer_id", Uuid),
    # The id returned for the first registration of the document, that of its first submission.
    Column("registration_id", Uuid, unique=True),
    # Of a customer who is also an internal user.
    Column("internal_role", Text),
    # The registry's `status_version` at its last event applied here; 0 if it had none yet.
    Column("registry_version", Integer, nullable=False, server_default=text("0")),
    # Keyed, of the current details: a registration of the document by another person differs.
    Column("email_hash", LargeBinary),
    Column("birth_date_hash", LargeBinary),
)


document_reservations: Final = Table(
    "document_reservations",
    metadata,
    # A keyed hash: the number itself is stored only in the encrypted part of an event.
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
    Column("submission_id", Uuid),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)


submissions: Final = Table(
    "submissions",
    metadata,
    Column("submission_id", Uuid, primary_key=True),
    Column(
        "person_id",
        Uuid,
        ForeignKey("accounts.person_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    # Under which its personal data is sealed.
    Column("key_id", Uuid, nullable=False),
    Column("password_hash", Text, nullable=False),
    # Keyed, of the address to which its links go.
    Column("email_hash", LargeBinary),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("link_expires_at", DateTime(timezone=True), index=True),
)


discarded_keys: Final = Table(
    "discarded_keys",
    metadata,
    # Of a submission that ended before activation, until it is destroyed in the key ring.
    Column("key_id", Uuid, primary_key=True),
)

document_claims: Final = Table(
    "document_claims",
    metadata,
    Column("claim_id", Uuid, primary_key=True),
    # The person whose account had the document when the claim was opened.
    Column(
        "holder",
        Uuid,
        ForeignKey("accounts.person_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    # The claimant's. It has ended once its row is gone from `submissions`.
    Column("submission_id", Uuid, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Index("document_claims_page", "opened_at", "claim_id"),
)


sign_in_attempts: Final = Table(
    "sign_in_attempts",
    metadata,
    # Of the identifier that was typed, whether or not such a person exists.
    Column("identifier_hash", LargeBinary, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("tried_at", DateTime(timezone=True), nullable=False, index=True),
    Column("retry_at", DateTime(timezone=True), nullable=False),
)


payers: Final = Table(
    "payers",
    metadata,
    Column("payer_id", Uuid, primary_key=True),
    # NULL for a proposal without one, and for a refused one, whose tax id is free again.
    Column("tax_id", Text, unique=True),
    Column("name", Text, nullable=False),
    # The search tokens, each after a space: a prefix is found as ' prefix'.
    Column("words", Text, nullable=False),
    Column("sort_key", Text, nullable=False, server_default=""),
    Column("status", Text, nullable=False),
    # The payer that a refused proposal duplicates.
    Column("same_as", Uuid),
)


payer_proposals: Final = Table(
    "payer_proposals",
    metadata,
    # The joined words of the name after a space, or the tax id, that an applicant typed in.
    Column("known_by", Text, primary_key=True),
    Column("payer_id", Uuid, ForeignKey("payers.payer_id"), nullable=False),
)


identity_corrections: Final = Table(
    "identity_corrections",
    metadata,
    # Open corrections only; the requested identity is in the encrypted part of the event.
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
    # The person of a decided correction, for a decision request that is repeated.
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
    # NULL until an invited member has chosen one, and after a member was ended.
    Column("password_hash", Text),
    Column("added_at", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False, server_default="active"),
    # Language of mails.
    Column("locale", Text, nullable=False, server_default="es"),
    # Increases with every administrative change.
    Column("version", Integer, nullable=False, server_default=text("1")),
    Column("last_sign_in_at", DateTime(timezone=True)),
    CheckConstraint(
        "state <> 'active' OR password_hash IS NOT NULL", name="active_staff_have_a_password"
    ),
)


# Links that were e-mailed to members of staff: invitations and password resets.
staff_links: Final = Table(
    "staff_links",
    metadata,
    Column("link_id", Uuid, primary_key=True),
    Column(
        "staff_id",
        Uuid,
        ForeignKey("staff.staff_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("purpose", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    # When it was used or replaced by a newer one.
    Column("ended_at", DateTime(timezone=True)),
    # When the mail server had refused the mail for good.
    Column("undeliverable_at", DateTime(timezone=True)),
)


# One row per signed-in device. Only hashes of tokens are stored.
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
    # The earlier of `ends_at` and the end of the idle period.
    Column("lapses_at", DateTime(timezone=True), nullable=False, index=True),
    Column("opened_at", DateTime(timezone=True)),
    Column("browser", Text),
    Column("system", Text),
    CheckConstraint("(person_id IS NULL) <> (staff_id IS NULL)", name="session_has_one_owner"),
)


# Links that were e-mailed for a password reset or a change of address.
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
    # The session that requested the link: it survives when the others end.
    Column("session_id", Uuid),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)


# Attempts at the latest code of each person and purpose.
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


# Subjects of external issuers whose tokens are refused.
denied_subjects: Final = Table(
    "denied_subjects",
    metadata,
    # As in tokens and events: derived from the issuer and its own name of the subject.
    Column("subject_id", Uuid, primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("denied_at", DateTime(timezone=True), nullable=False),
    Column("announced_at", DateTime(timezone=True), nullable=False),
)
