"""Uploads of documents: announced, sent to quarantine by the browser, screened, stored.

Each step of a completion leaves what the next one needs. Repeating an interrupted completion
resumes it, and returns what the first one would have returned.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.domain.dossier import Dossier, DossierEvent
from vinculo.documents.domain.dossier_decisions import (
    DossierCommand,
    ReceiveDocument,
    RecordScreeningFailed,
    RecordScreeningPassed,
    require_kind,
    require_open,
)
from vinculo.documents.screening.criteria import FailureReason
from vinculo.documents.screening.screener import (
    Screener,
    ScreeningFailed,
    ScreeningPassed,
    ScreeningResult,
)
from vinculo.documents.storage.object_store import (
    ObjectStore,
    ObjectStoreUnavailableError,
    ObjectTooLarge,
    UploadForm,
)
from vinculo.documents.storage.person_access import require_uploads_allowed
from vinculo.documents.storage.review_queue import update_review_queue
from vinculo.documents.storage.streams import DOSSIERS
from vinculo.documents.storage.uploads import (
    FAILED,
    SCREENED,
    Upload,
    UploadLimits,
    add_upload,
    clean_key,
    find_upload,
    quarantine_key,
    save_received_hash,
    save_result,
)
from vinculo.events import Meta
from vinculo.eventstore import CommandResult, PostgresEventStore, execute, load

MAX_FILES_IN_MEMORY: Final = 4
FORM_LIFETIME: Final = timedelta(minutes=10)

WriteRow = Callable[[AsyncConnection], Awaitable[None]]


class FileTooLarge(Exception):
    pass


class UploadUnknown(Exception):
    """The person has no such upload."""


class FileNotUploaded(Exception):
    """No file was sent with the form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedFile:
    """The caller chooses `upload_id`, so that a repeated request finds its first upload."""

    upload_id: UUID
    person_id: UUID
    kind: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadService:
    """`memory_slots` limits the number of files in memory."""

    store: PostgresEventStore
    objects: ObjectStore
    screener: Screener
    limits: UploadLimits
    max_file_bytes: int
    memory_slots: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(MAX_FILES_IN_MEMORY)
    )

    async def announce(self, file: AnnouncedFile, now: datetime) -> tuple[Upload, UploadForm]:
        """The upload and the form to send the file with; a repeat returns the same upload.

        Raises FileTooLarge, DossierNotOpen, KindNotRequired, PersonBlocked, PersonErased,
        TooManyUploads, UploadIdReused.
        """
        if file.size_bytes > self.max_file_bytes:
            raise FileTooLarge
        announced = Upload(
            upload_id=file.upload_id,
            person_id=file.person_id,
            kind=file.kind,
            media_type=file.media_type,
            declared_size_bytes=file.size_bytes,
            object_key=quarantine_key(file.person_id, file.upload_id),
            opened_at=now,
            expires_at=now + FORM_LIFETIME,
        )
        async with self.store.transaction() as connection:
            await require_uploads_allowed(connection, file.person_id)
            loaded = await load(self.store, DOSSIERS, file.person_id, connection=connection)
            require_kind(require_open(loaded.state), file.kind)
            upload = await add_upload(connection, announced, self.limits)
        form = self.objects.upload_form(
            upload.object_key,
            media_type=upload.media_type,
            max_bytes=upload.declared_size_bytes,
            expires_at=upload.expires_at,
        )
        return upload, form

    async def complete(self, person_id: UUID, upload_id: UUID, now: datetime, meta: Meta) -> Upload:
        """The upload with its result.

        Raises UploadUnknown, FileNotUploaded, FileTooLarge, PersonBlocked, PersonErased,
        ScreeningError, ObjectStoreUnavailableError.
        """
        upload = await self._find(person_id, upload_id)
        if upload.result is None:
            async with self.memory_slots:
                await self._resume_unless_done(upload, now, meta)
        else:
            # Records the stream position, which the response to a repeat carries too.
            await load(self.store, DOSSIERS, person_id)
        await self.objects.delete(upload.object_key)
        return await self._find(person_id, upload_id)

    async def _resume_unless_done(self, upload: Upload, now: datetime, meta: Meta) -> None:
        """A file that a concurrent completion deletes during a read looks like a failed store."""
        try:
            await self._resume(upload, now, meta)
        except ObjectStoreUnavailableError:
            if (await self._find(upload.person_id, upload.upload_id)).result is None:
                raise

    async def _resume(self, upload: Upload, now: datetime, meta: Meta) -> None:
        content = await self._read(upload)
        if content is None:
            upload = await self._find(upload.person_id, upload.upload_id)
            if upload.received_sha256 is None:
                raise FileNotUploaded
            if upload.result is None:
                await self._save(upload, _changed_after_upload(), now, meta)
            return
        if await self._receive(upload, content, now, meta):
            result = await self.screener.screen(content, upload.media_type)
        else:
            result = _changed_after_upload()
        await self._save(upload, result, now, meta)

    async def _read(self, upload: Upload) -> bytes | None:
        try:
            return await self.objects.read(upload.object_key, max_bytes=self.max_file_bytes)
        except ObjectTooLarge:
            raise FileTooLarge from None

    async def _receive(self, upload: Upload, content: bytes, now: datetime, meta: Meta) -> bool:
        """Record the receipt, unless done before. False if another content was received then.

        The form stays valid after the receipt, so the file may have been replaced since.
        """
        sha256 = await _sha256(content)
        command = ReceiveDocument(
            document_id=upload.upload_id,
            kind=upload.kind,
            media_type=upload.media_type,
            size_bytes=len(content),
            sha256=sha256,
            now=now,
        )
        await self._execute(
            upload,
            command,
            meta,
            lambda connection: save_received_hash(connection, upload.upload_id, sha256),
        )
        received = await self._find(upload.person_id, upload.upload_id)
        return received.received_sha256 == sha256

    async def _save(
        self, upload: Upload, screening: ScreeningResult, now: datetime, meta: Meta
    ) -> None:
        """Store the file before the event is appended: no screened document lacks its file."""
        command: DossierCommand
        if isinstance(screening, ScreeningPassed):
            key = clean_key(upload.person_id, upload.upload_id)
            await self.objects.put(key, screening.content, media_type=upload.media_type)
            command = RecordScreeningPassed(
                document_id=upload.upload_id,
                media_type=upload.media_type,
                size_bytes=len(screening.content),
                sha256=await _sha256(screening.content),
                now=now,
            )
            result, reason = SCREENED, None
        else:
            command = RecordScreeningFailed(
                document_id=upload.upload_id, reason_code=screening.reason, now=now
            )
            result, reason = FAILED, screening.reason
        await self._execute(
            upload,
            command,
            meta,
            lambda connection: save_result(connection, upload.upload_id, result, reason),
        )

    async def _execute(
        self, upload: Upload, command: DossierCommand, meta: Meta, write_row: WriteRow
    ) -> None:
        async def on_appended(
            connection: AsyncConnection, result: CommandResult[Dossier, DossierEvent]
        ) -> None:
            await require_uploads_allowed(connection, upload.person_id)
            await write_row(connection)
            await update_review_queue(connection, upload.person_id, result)

        await execute(
            self.store, DOSSIERS, upload.person_id, command, meta=meta, on_appended=on_appended
        )

    async def _find(self, person_id: UUID, upload_id: UUID) -> Upload:
        async with self.store.engine.connect() as connection:
            upload = await find_upload(connection, upload_id)
        if upload is None or upload.person_id != person_id:
            raise UploadUnknown(str(upload_id))
        return upload


def _changed_after_upload() -> ScreeningFailed:
    return ScreeningFailed(reason=FailureReason.CHANGED_AFTER_UPLOAD)


async def _sha256(content: bytes) -> str:
    return (await asyncio.to_thread(hashlib.sha256, content)).hexdigest()
