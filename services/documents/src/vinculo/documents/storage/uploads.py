"""Rows of uploads: the announced file, the received file, the screening result."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.storage.tables import uploads

SCREENED: Final = "screened"
FAILED: Final = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """`upload_id` becomes the document's id; `result` is SCREENED, FAILED or not known yet."""

    upload_id: UUID
    person_id: UUID
    kind: str
    media_type: str
    declared_size_bytes: int
    object_key: str
    opened_at: datetime
    expires_at: datetime
    received_sha256: str | None = None
    result: str | None = None
    reason_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadLimits:
    """Per person. Open uploads are neither completed nor expired; `per_day` counts 24 hours."""

    open: int = 10
    per_day: int = 60


class TooManyUploads(Exception):
    """The person has to complete open uploads, or wait until they expire."""


class UploadIdReused(Exception):
    """The id belongs to an upload with another owner, kind, media type or size."""


def quarantine_key(person_id: UUID, upload_id: UUID) -> str:
    return f"quarantine/{person_id}/{upload_id}"


def clean_key(person_id: UUID, document_id: UUID) -> str:
    return f"clean/{person_id}/{document_id}"


def person_prefixes(person_id: UUID) -> list[str]:
    """What the keys of all objects of a person begin with."""
    return [f"quarantine/{person_id}", f"clean/{person_id}"]


async def add_upload(connection: AsyncConnection, upload: Upload, limits: UploadLimits) -> Upload:
    """The upload as stored, which for a repeated announcement is the first one.

    Serialized per person: concurrent requests would each find room below the limit.

    Raises TooManyUploads, UploadIdReused.
    """
    lock = int.from_bytes(upload.person_id.bytes[-8:], "big", signed=True)
    await connection.execute(select(func.pg_advisory_xact_lock(lock)))
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
                uploads.c.person_id == upload.person_id
            )
        )
    ).one()
    if open_count >= limits.open or recent_count >= limits.per_day:
        raise TooManyUploads
    row = {name: getattr(upload, name) for name in upload.__dataclass_fields__}
    await connection.execute(insert(uploads).values(**row))
    return upload


def _announced(upload: Upload) -> tuple[UUID, str, str, int]:
    return upload.person_id, upload.kind, upload.media_type, upload.declared_size_bytes


async def find_upload(connection: AsyncConnection, upload_id: UUID) -> Upload | None:
    row = (
        (await connection.execute(select(uploads).where(uploads.c.upload_id == upload_id)))
        .mappings()
        .one_or_none()
    )
    return None if row is None else Upload(**row)


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
