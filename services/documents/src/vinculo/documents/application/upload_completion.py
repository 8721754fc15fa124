"""Completion of an upload: the file has arrived in quarantine, so a job screens it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.storage.object_store import ObjectStore, UploadForm
from vinculo.documents.storage.screening_jobs import add_job
from vinculo.documents.storage.uploads import Upload, find_upload, save_completed
from vinculo.events import Meta
from vinculo.eventstore import PostgresEventStore


class FileTooLarge(Exception):
    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"more than {max_bytes} bytes")
        self.max_bytes = max_bytes


class UploadUnknown(Exception):
    """The owner has no such upload."""


class FileNotUploaded(Exception):
    """No file was sent with the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadCompletion:
    store: PostgresEventStore
    objects: ObjectStore
    max_file_bytes: int

    def require_size(self, size_bytes: int) -> None:
        """Raises FileTooLarge."""
        if size_bytes > self.max_file_bytes:
            raise FileTooLarge(self.max_file_bytes)

    def form(self, upload: Upload) -> UploadForm:
        """The form with which the browser sends the announced file."""
        return self.objects.upload_form(
            upload.object_key,
            media_type=upload.media_type,
            max_bytes=upload.declared_size_bytes,
            expires_at=upload.expires_at,
        )

    async def find(self, owner_id: UUID, upload_id: UUID) -> Upload:
        """Raises UploadUnknown."""
        async with self.store.engine.connect() as connection:
            upload = await find_upload(connection, upload_id)
        if upload is None or upload.owner_id != owner_id:
            raise UploadUnknown(str(upload_id))
        return upload

    async def require_file(self, upload: Upload) -> None:
        """Raises FileNotUploaded, FileTooLarge, ObjectStoreUnavailableError."""
        size_bytes = await self.objects.size(upload.object_key)
        if size_bytes is None:
            raise FileNotUploaded
        self.require_size(size_bytes)


async def request_screening(
    connection: AsyncConnection, upload: Upload, now: datetime, meta: Meta
) -> None:
    """Add the job of the first completion; a repeat has no effect."""
    if await save_completed(connection, upload.upload_id, now):
        await add_job(
            connection, upload_id=upload.upload_id, owner_id=upload.owner_id, now=now, meta=meta
        )
