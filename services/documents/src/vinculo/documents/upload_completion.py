"""The way of a file from quarantine: received, looked into, kept or refused.

Each step leaves what the next one needs, so that a completion broken off anywhere is carried on by
repeating it, and answers what the first one would have answered.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.domain.dossier import Dossier
from vinculo.documents.domain.dossier_commands import (
    DossierCommand,
    ReceiveDocument,
    RecordFitFile,
    RecordUnfitFile,
)
from vinculo.documents.domain.dossier_events import DossierEvent
from vinculo.documents.dossier_streams import DOSSIERS
from vinculo.documents.object_store import ObjectStore, ObjectStoreUnavailable
from vinculo.documents.people_access import require_uploads_open
from vinculo.documents.review_queue import keep_review_queue
from vinculo.documents.screener import FitFile, Screener, UnfitFile, Verdict
from vinculo.documents.screening.fitness import UnfitReason
from vinculo.documents.uploads import (
    FAILED,
    SCREENED,
    Upload,
    clean_key,
    find_upload,
    keep_receipt,
    keep_result,
)
from vinculo.events import Meta
from vinculo.eventstore import CommandResult, PostgresEventStore, execute, load

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
