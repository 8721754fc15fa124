"""Rows of uploads: the announced file, the received file, the screening result."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.storage.tables import uploads

ANNOUNCED: Final = "announced"
RECEIVED: Final = "received"
SCREENED: Final = "screened"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """`upload_id` becomes the document's id; `result` is SCREENED, FAILED or not known yet.

    It belongs to a person or to a claim. `completed_at` is when its sender said that the file is
    there, and the screening was requested.
    """

    upload_id: UUID
    person_id: UUID | None = None
    claim_id: UUID | None = None
    kind: str
    media_type: str
    declared_size_bytes: int
    object_key: str
    opened_at: datetime
    expires_at: datetime
    completed_at: datetime | None = None
    received_sha256: str | None = None
    result: str | None = None
    reason_code: str | None = None

    @property
    def state(self) -> str:
        """ANNOUNCED until the completion, RECEIVED until the result, then the result."""
        return self.result or (ANNOUNCED if self.completed_at is None else RECEIVED)

    @property
    def owner_id(self) -> UUID:
        owner = self.person_id or self.claim_id
        if owner is None:
            raise ValueError("an upload without an owner")
        return owner


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimits:
    """Per person or claim. Open uploads are neither completed nor expired.

    `per_day` counts 24 hours.
    """

    open: int = 10
    per_day: int = 60


class TooManyUploads(Exception):
    """The person or claimant has to complete open uploads, or wait until they expire."""


class UploadIdReused(Exception):
    """The id belongs to an upload with another owner, kind, media type or size."""


def quarantine_key(owner_id: UUID, upload_id: UUID) -> str:
    return f"quarantine/{owner_id}/{upload_id}"


def clean_key(owner_id: UUID, document_id: UUID) -> str:
    return f"clean/{owner_id}/{document_id}"


def owner_prefixes(owner_id: UUID) -> list[str]:
    """What the keys of all objects of a person or a claim begin with."""
    return [f"quarantine/{owner_id}", f"clean/{owner_id}"]


def belongs_to(owner_id: UUID) -> ColumnElement[bool]:
    """The uploads of a person or a claim; no claim has the id of a person."""
    return or_(uploads.c.person_id == owner_id, uploads.c.claim_id == owner_id)


async def lock_uploads_of(connection: AsyncConnection, owner_id: UUID) -> None:
    """Until the end of the transaction: concurrent requests would each find room below a limit."""
    lock = int.from_bytes(owner_id.bytes[-8:], "big", signed=True)
    await connection.execute(select(func.pg_advisory_xact_lock(lock)))


async def add_upload(connection: AsyncConnection, upload: Upload, limits: UploadLimits) -> Upload:
    """The upload as stored, which for a repeated announcement is the first one.

    Raises TooManyUploads, UploadIdReused.
    """
    await lock_uploads_of(connection, upload.owner_id)
    first = await find_upload(connection, upload.upload_id)
    if first is not None:
        if _announced(first) != _announced(upload):
            raise UploadIdReused(str(upload.upload_id))
        return first
    is_open = uploads.c.result.is_(None) & (uploads.c.expires_at > upload.opened_at)
    is_recent = uploads.c.opened_at > upload.opened_at - timedelta(days=1)
    open_count, recent_count = (
        await connection.execute(
            select(func.count().filter(is_open), func.count().filter(is_recent)).where(
                belongs_to(upload.owner_id)
            )
        )
    ).one()
    if open_count >= limits.open or recent_count >= limits.per_day:
        raise TooManyUploads
    row = {name: getattr(upload, name) for name in upload.__dataclass_fields__}
    await connection.execute(insert(uploads).values(**row))
    return upload


def _announced(upload: Upload) -> tuple[UUID, str, str, int]:
    return upload.owner_id, upload.kind, upload.media_type, upload.declared_size_bytes


async def find_upload(connection: AsyncConnection, upload_id: UUID) -> Upload | None:
    row = (
        (await connection.execute(select(uploads).where(uploads.c.upload_id == upload_id)))
        .mappings()
        .one_or_none()
    )
    return None if row is None else Upload(**row)


def became_no_document(expired_before: datetime) -> ColumnElement[bool]:
    """The condition of uploads that were not completed or failed, and expired before the moment."""
    return and_(uploads.c.result.is_distinct_from(SCREENED), uploads.c.expires_at < expired_before)


async def uploads_of_claim(connection: AsyncConnection, claim_id: UUID) -> list[Upload]:
    """The oldest first."""
    statement = (
        select(uploads)
        .where(uploads.c.claim_id == claim_id)
        .order_by(uploads.c.opened_at, uploads.c.upload_id)
    )
    return [Upload(**row) for row in (await connection.execute(statement)).mappings()]


async def save_completed(
    connection: AsyncConnection, upload_id: UUID, completed_at: datetime
) -> bool:
    """Whether this is the first completion; concurrent ones wait for each other."""
    saved = await connection.execute(
        update(uploads)
        .where(uploads.c.upload_id == upload_id, uploads.c.completed_at.is_(None))
        .values(completed_at=completed_at)
    )
    return bool(saved.rowcount)


async def save_received_hash(connection: AsyncConnection, upload_id: UUID, sha256: str) -> None:
    await connection.execute(
        update(uploads).where(uploads.c.upload_id == upload_id).values(received_sha256=sha256)
    )


async def save_result(
    connection: AsyncConnection, upload_id: UUID, result: str, reason_code: str | None = None
) -> None:
    """`result` is SCREENED, or FAILED with a reason."""
    await connection.execute(
        update(uploads)
        .where(uploads.c.upload_id == upload_id)
        .values(result=result, reason_code=reason_code)
    )
