"""The service's own tables beside those of the event store."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    Uuid,
)

metadata = MetaData()

uploads = Table(
    "uploads",
    metadata,
    Column("upload_id", Uuid, primary_key=True),
    Column("person_id", Uuid),
    Column("claim_id", Uuid),
    Column("kind", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("declared_size_bytes", BigInteger, nullable=False),
    Column("object_key", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("completed_at", DateTime(timezone=True)),
    Column("received_sha256", Text),
    Column("result", Text),
    Column("reason_code", Text),
)
"""An upload's id is the id of the document it becomes. It belongs to a person or to a claim.

`completed_at` is when its sender said that the file is there.
"""

screening_jobs = Table(
    "screening_jobs",
    metadata,
    Column("upload_id", Uuid, ForeignKey("uploads.upload_id"), primary_key=True),
    Column("owner_id", Uuid, nullable=False),
    Column("requested_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_id", Uuid),
    Column("correlation_id", Text),
    Column("traceparent", Text),
    Column("actor", Text),
)
"""Completed uploads that wait for the worker. Under a lease, `due_at` is the end of the lease."""

document_claims = Table(
    "document_claims",
    metadata,
    Column("claim_id", Uuid, primary_key=True),
    Column("holder", Uuid, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
)
"""Claims to documents, as published by onboarding."""

review_queue = Table(
    "review_queue",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("submitted_at", DateTime(timezone=True), nullable=False),
    Column("document_count", Integer, nullable=False),
)

people_access = Table(
    "people_access",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("status", Text),
    Column("erased_at", DateTime(timezone=True)),
)
"""Status and erasure of a person, as published by the registry."""

erasures = Table(
    "erasures",
    metadata,
    Column("owner_id", Uuid, primary_key=True),
    Column("of_claim", Boolean, nullable=False),
    Column("erased_at", DateTime(timezone=True), nullable=False),
    Column("forms_end_at", DateTime(timezone=True), nullable=False),
    Column("sweep_at", DateTime(timezone=True), nullable=False),
    Column("objects", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("reported_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
)
"""The deletion of the files of an erased person or an ended claim: swept until the last upload
form has ended.
"""

document_accesses = Table(
    "document_accesses",
    metadata,
    Column("access_id", Uuid, primary_key=True),
    Column("document_id", Uuid, nullable=False),
    Column("person_id", Uuid),
    Column("claim_id", Uuid),
    Column("what", Text, nullable=False),
    Column("accessed_by", Uuid, nullable=False),
    Column("accessed_at", DateTime(timezone=True), nullable=False),
)
"""Who was given access to the file of a document or of a claim, and when."""
