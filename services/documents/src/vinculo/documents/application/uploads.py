"""Uploads of documents to a dossier: announced, sent to quarantine, completed and screened."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.application.file_screening import FileFacts
from vinculo.documents.application.upload_completion import UploadCompletion, request_screening
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
from vinculo.documents.storage.object_store import UploadForm
from vinculo.documents.storage.person_access import require_not_erased, require_uploads_allowed
from vinculo.documents.storage.review_queue import update_review_queue
from vinculo.documents.storage.streams import DOSSIERS
from vinculo.documents.storage.uploads import (
    FAILED,
    SCREENED,
    Upload,
    UploadLimits,
    add_upload,
    quarantine_key,
    save_received_hash,
    save_result,
)
from vinculo.events import Meta
from vinculo.eventstore import CommandResult, PostgresEventStore, execute, load

FORM_LIFETIME: Final = timedelta(minutes=10)

WriteRow = Callable[[AsyncConnection], Awaitable[None]]
RequirePerson = Callable[[AsyncConnection, UUID], Awaitable[None]]


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
    store: PostgresEventStore
    completion: UploadCompletion
    limits: UploadLimits

    async def announce(self, file: AnnouncedFile, now: datetime) -> tuple[Upload, UploadForm]:
        """The upload and the form to send the file with; a repeat returns the same upload.

        Raises FileTooLarge, DossierNotOpen, KindNotRequired, PersonBlocked, PersonErased,
        TooManyUploads, UploadIdReused.
        """
        self.completion.require_size(file.size_bytes)
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
        return upload, self.completion.form(upload)

    async def complete(self, person_id: UUID, upload_id: UUID, now: datetime, meta: Meta) -> Upload:
        """The upload, whose file is to be screened. A repeat returns its present state.

        Raises UploadUnknown, FileNotUploaded, FileTooLarge, DossierNotOpen, KindNotRequired,
        PersonBlocked, PersonErased, ObjectStoreUnavailableError.
        """
        upload = await self.completion.find(person_id, upload_id)
        if upload.completed_at is None:
            await self.completion.require_file(upload)
        async with self.store.transaction() as connection:
            await require_uploads_allowed(connection, person_id)
            loaded = await load(self.store, DOSSIERS, person_id, connection=connection)
            if upload.completed_at is None:
                require_kind(require_open(loaded.state), upload.kind)
                await request_screening(connection, upload, now, meta)
        return await self.completion.find(person_id, upload_id)

    async def find(self, person_id: UUID, upload_id: UUID) -> Upload:
        """Raises UploadUnknown, PersonErased."""
        async with self.store.transaction() as connection:
            await require_not_erased(connection, person_id)
            # Records the stream position: up to there the dossier has the result.
            await load(self.store, DOSSIERS, person_id, connection=connection)
        return await self.completion.find(person_id, upload_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class DossierRecorder:
    """Records the steps of an upload in the person's dossier, and in the upload's row with it."""

    store: PostgresEventStore
    person_id: UUID

    async def record_received(
        self, upload: Upload, file: FileFacts, now: datetime, meta: Meta
    ) -> None:
        command = ReceiveDocument(
            document_id=upload.upload_id,
            kind=upload.kind,
            media_type=upload.media_type,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
            now=now,
        )
        await self._execute(
            command,
            meta,
            lambda connection: save_received_hash(connection, upload.upload_id, file.sha256),
        )

    async def record_screened(
        self, upload: Upload, file: FileFacts, now: datetime, meta: Meta
    ) -> None:
        command = RecordScreeningPassed(
            document_id=upload.upload_id,
            media_type=upload.media_type,
            size_bytes=file.size_bytes,
            sha256=file.sha256,
            now=now,
        )
        await self._execute(
            command, meta, lambda connection: save_result(connection, upload.upload_id, SCREENED)
        )

    async def record_failed(
        self, upload: Upload, reason: FailureReason, now: datetime, meta: Meta
    ) -> None:
        """Also of a person who is blocked. A file that was never received is in no event."""

        async def write_row(connection: AsyncConnection) -> None:
            await save_result(connection, upload.upload_id, FAILED, reason)

        if upload.received_sha256 is None:
            async with self.store.transaction() as connection:
                await require_not_erased(connection, self.person_id)
                await write_row(connection)
            return
        command = RecordScreeningFailed(document_id=upload.upload_id, reason_code=reason, now=now)
        await self._execute(command, meta, write_row, require=require_not_erased)

    async def _execute(
        self,
        command: DossierCommand,
        meta: Meta,
        write_row: WriteRow,
        require: RequirePerson = require_uploads_allowed,
    ) -> None:
        async def on_appended(
            connection: AsyncConnection, result: CommandResult[Dossier, DossierEvent]
        ) -> None:
            await require(connection, self.person_id)
            await write_row(connection)
            await update_review_queue(connection, self.person_id, result)

        await execute(
            self.store, DOSSIERS, self.person_id, command, meta=meta, on_appended=on_appended
        )
