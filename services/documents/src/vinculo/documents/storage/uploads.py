"""Rows of uploads: what was announced, what arrived, what came of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.storage.tables import uploads

SCREENED = "screened"
FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
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
    """`open` uploads are neither completed nor expired."""

    open: int = 10
    per_day: int = 60


class TooManyUploads(Exception):
    """Open uploads have to be completed first, or to expire."""


class AnotherUpload(Exception):
    """The id is taken by an upload of something else."""


def quarantine_key(person_id: UUID, upload_id: UUID) -> str:
    return f"quarantine/{person_id}/{upload_id}"


def clean_key(person_id: UUID, document_id: UUID) -> str:
    return f"clean/{person_id}/{document_id}"


async def add_upload(connection: AsyncConnection, upload: Upload, limits: UploadLimits) -> Upload:
    """Give the upload as kept, which for a repeat is the first one.

    One at a time for each person, or many requests at once would each see room for one more.
    """
    lock = int.from_bytes(upload.person_id.bytes[-8:], "big", signed=True)
    await connection.execute(select(func.pg_advisory_xact_lock(lock)))
    first = await find_upload(connection, upload.upload_id)
    if first is not None:
        if _announced(first) != _announced(upload):
            raise AnotherUpload(str(upload.upload_id))
        return first
    mine = uploads.c.person_id == upload.person_id
    is_open = uploads.c.result.is_(None) & (uploads.c.expires_at > upload.opened_at)
    today = uploads.c.opened_at > upload.opened_at - timedelta(days=1)
    open_, of_today = (
        await connection.execute(
            select(func.count().filter(is_open), func.count().filter(today)).where(mine)
        )
    ).one()
    if open_ >= limits.open or of_today >= limits.per_day:
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


async def keep_receipt(connection: AsyncConnection, upload_id: UUID, sha256: str) -> None:
    await connection.execute(
        update(uploads).where(uploads.c.upload_id == upload_id).values(received_sha256=sha256)
    )


async def keep_result(
    connection: AsyncConnection, upload_id: UUID, result: str, reason_code: str | None = None
) -> None:
    await connection.execute(
        update(uploads)
        .where(uploads.c.upload_id == upload_id)
        .values(result=result, reason_code=reason_code)
    )
