"""The first step of a file: announced, and given a form to be sent to quarantine with."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.domain.dossier import Dossier, DossierEvent
from vinculo.documents.domain.dossier_decisions import (
    DossierCommand,
    ReceiveDocument,
    RecordFitFile,
    RecordUnfitFile,
    require_kind,
    require_open,
)
from vinculo.documents.screening.criteria import UnfitReason
from vinculo.documents.screening.screener import FitFile, Screener, UnfitFile, Verdict
from vinculo.documents.storage.dossiers import DOSSIERS
from vinculo.documents.storage.object_store import ObjectStore, ObjectStoreUnavailable, UploadForm
from vinculo.documents.storage.person_access import require_uploads_open
from vinculo.documents.storage.review_queue import keep_review_queue
from vinculo.documents.storage.uploads import (
    FAILED,
    SCREENED,
    Upload,
    UploadLimits,
    add_upload,
    clean_key,
    find_upload,
    keep_receipt,
    keep_result,
    quarantine_key,
)
from vinculo.events import Meta
from vinculo.eventstore import CommandResult, PostgresEventStore, execute, load


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedFile:
    """`upload_id` is given by the caller, so that a repeated request meets its first upload."""

    upload_id: UUID
    person_id: UUID
    kind: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadOpening:
    store: PostgresEventStore
    objects: ObjectStore
    limits: UploadLimits
    max_bytes: int
    form_lifetime: timedelta = timedelta(minutes=10)

    async def open(self, file: AnnouncedFile, now: datetime) -> tuple[Upload, UploadForm]:
        """Give the upload and the form to send the file with; a repeat gives the same upload.

        Raises DossierNotOpen, KindNotRequired, PersonBlocked, PersonErased, TooManyUploads,
        AnotherUpload.
        """
        upload = Upload(
            upload_id=file.upload_id,
            person_id=file.person_id,
            kind=file.kind,
            media_type=file.media_type,
            declared_size_bytes=file.size_bytes,
            object_key=quarantine_key(file.person_id, file.upload_id),
            opened_at=now,
            expires_at=now + self.form_lifetime,
        )
        async with self.store.transaction() as connection:
            await require_uploads_open(connection, file.person_id)
            loaded = await load(self.store, DOSSIERS, file.person_id, connection=connection)
            require_kind(require_open(loaded.state), file.kind)
            kept = await add_upload(connection, upload, self.limits)
        form = self.objects.upload_form(
            kept.object_key,
            media_type=kept.media_type,
            max_bytes=self.max_bytes,
            expires_at=kept.expires_at,
        )
        return kept, form


FILES_AT_ONCE = 4

SideRow = Callable[[AsyncConnection], Awaitable[None]]


class UploadUnknown(Exception):
    """There is no such upload of this person."""


class FileNotUploaded(Exception):
    """The form was never used, or its time ran out before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadCompletion:
    """`turns` bounds how many files are in memory at once."""

    store: PostgresEventStore
    objects: ObjectStore
    screener: Screener
    max_bytes: int
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(FILES_AT_ONCE))

    async def complete(self, person_id: UUID, upload_id: UUID, now: datetime, meta: Meta) -> Upload:
        """Give the upload with its result.

        Raises UploadUnknown, FileNotUploaded, ObjectTooLarge, PersonBlocked, PersonErased.
        """
        upload = await self._upload(person_id, upload_id)
        if upload.result is None:
            async with self.turns:
                await self._carry_on_unless_done(upload, now, meta)
        else:
            await load(self.store, DOSSIERS, person_id)  # the answer tells how far it stands
        await self.objects.delete(upload.object_key)
        return await self._upload(person_id, upload_id)

    async def _carry_on_unless_done(self, upload: Upload, now: datetime, meta: Meta) -> None:
        """A file that another completion deletes while it is read may look like a broken store."""
        try:
            await self._carry_on(upload, now, meta)
        except ObjectStoreUnavailable:
            if (await self._upload(upload.person_id, upload.upload_id)).result is None:
                raise

    async def _carry_on(self, upload: Upload, now: datetime, meta: Meta) -> None:
        content = await self.objects.read(upload.object_key, max_bytes=self.max_bytes)
        if content is None:
            upload = await self._upload(upload.person_id, upload.upload_id)
            if upload.received_sha256 is None:
                raise FileNotUploaded
            if upload.result is None:
                await self._record(
                    upload, UnfitFile(reason=UnfitReason.CHANGED_AFTER_UPLOAD), now, meta
                )
            return
        if await self._receive(upload, content, now, meta):
            verdict = await self.screener.screen(content, upload.media_type)
        else:
            verdict = UnfitFile(reason=UnfitReason.CHANGED_AFTER_UPLOAD)
        await self._record(upload, verdict, now, meta)

    async def _receive(self, upload: Upload, content: bytes, now: datetime, meta: Meta) -> bool:
        """Tell whether the content is what was received, now or by a completion broken off.

        The form stays valid after the file was received, so that another file may have come since.
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
            lambda connection: keep_receipt(connection, upload.upload_id, sha256),
        )
        received = await self._upload(upload.person_id, upload.upload_id)
        return received.received_sha256 == sha256

    async def _record(self, upload: Upload, verdict: Verdict, now: datetime, meta: Meta) -> None:
        """The file is kept before it is said to be fit: no screened document lacks its file."""
        command: DossierCommand
        if isinstance(verdict, FitFile):
            key = clean_key(upload.person_id, upload.upload_id)
            await self.objects.put(key, verdict.content, media_type=upload.media_type)
            command = RecordFitFile(
                document_id=upload.upload_id,
                media_type=upload.media_type,
                size_bytes=len(verdict.content),
                sha256=await _sha256(verdict.content),
                now=now,
            )
            result, reason = SCREENED, None
        else:
            command = RecordUnfitFile(
                document_id=upload.upload_id, reason_code=verdict.reason, now=now
            )
            result, reason = FAILED, verdict.reason
        await self._execute(
            upload,
            command,
            meta,
            lambda connection: keep_result(connection, upload.upload_id, result, reason),
        )

    async def _execute(
        self, upload: Upload, command: DossierCommand, meta: Meta, side_row: SideRow
    ) -> None:
        async def alongside(
            connection: AsyncConnection, outcome: CommandResult[Dossier, DossierEvent]
        ) -> None:
            await require_uploads_open(connection, upload.person_id)
            await side_row(connection)
            await keep_review_queue(connection, upload.person_id, outcome)

        await execute(
            self.store, DOSSIERS, upload.person_id, command, meta=meta, on_appended=alongside
        )

    async def _upload(self, person_id: UUID, upload_id: UUID) -> Upload:
        async with self.store.engine.connect() as connection:
            upload = await find_upload(connection, upload_id)
        if upload is None or upload.person_id != person_id:
            raise UploadUnknown(str(upload_id))
        return upload


async def _sha256(content: bytes) -> str:
    return (await asyncio.to_thread(hashlib.sha256, content)).hexdigest()
