"""Screening of one completed upload: read from quarantine, scanned, sanitized and stored.

Each step leaves what the next one needs, so an interrupted job is resumed by repeating it. A
recorder keeps what happened, in the dossier of a person or in the row of a claim's file.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog

from vinculo.documents.domain.dossier_decisions import DossierGone
from vinculo.documents.screening.criteria import FailureReason
from vinculo.documents.screening.scanner import Infected, Scanner
from vinculo.documents.screening.screener import (
    Screener,
    ScreeningFailed,
    ScreeningPassed,
    ScreeningResult,
)
from vinculo.documents.storage.claims import ClaimEnded, ClaimNotReceivedYet
from vinculo.documents.storage.object_store import ObjectStore, ObjectTooLarge
from vinculo.documents.storage.person_access import PersonBlocked, PersonErased
from vinculo.documents.storage.screening_jobs import ScreeningJob
from vinculo.documents.storage.uploads import Upload, clean_key, find_upload
from vinculo.events import Meta
from vinculo.eventstore import PostgresEventStore
from vinculo.process import crash_point

OWNER_GONE = (PersonErased, DossierGone, ClaimEnded, ClaimNotReceivedYet)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """`sha256` in hexadecimal."""

    size_bytes: int
    sha256: str


class UploadRecorder(Protocol):
    """Records the steps of an upload; each method has no effect when it is repeated.

    All raise PersonErased, DossierGone or ClaimEnded. Except for `record_failed`, they raise
    PersonBlocked.
    """

    async def record_received(
        self, upload: Upload, file: FileFacts, now: datetime, meta: Meta, /
    ) -> None: ...

    async def record_screened(
        self, upload: Upload, file: FileFacts, now: datetime, meta: Meta, /
    ) -> None: ...

    async def record_failed(
        self, upload: Upload, reason: FailureReason, now: datetime, meta: Meta, /
    ) -> None: ...


class Recorders(Protocol):
    def __call__(self, upload: Upload, /) -> UploadRecorder: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FileScreening:
    """Without a `scanner` files are not searched for malware."""

    store: PostgresEventStore
    objects: ObjectStore
    screener: Screener
    scanner: Scanner | None
    recorders: Recorders
    max_file_bytes: int

    async def run(self, job: ScreeningJob, now: datetime) -> str | None:
        """Bring the upload to its result, and delete the file in quarantine.

        Returns the result or reason; None if the owner was erased or the claim has ended. Raises
        ScannerUnavailableError, ScanError, ScreeningError and ObjectStoreUnavailableError.
        """
        upload = await self._find(job.upload_id)
        if upload is None:
            return None
        try:
            if upload.result is None:
                await self._screen(upload, job, now)
        except PersonBlocked:
            await self._fail(upload, FailureReason.UPLOADS_BLOCKED, job, now)
        except OWNER_GONE:
            await self._drop(upload)
            return None
        await self.objects.delete(upload.object_key)
        crash_point("screening-before-job-ends")
        ended = await self._find(job.upload_id)
        return None if ended is None else ended.reason_code or ended.result

    async def give_up(self, job: ScreeningJob, now: datetime) -> None:
        """Refuse a file that cannot be screened. Raises ObjectStoreUnavailableError."""
        upload = await self._find(job.upload_id)
        if upload is None:
            return
        try:
            if upload.result is None:
                await self._fail(upload, FailureReason.SCREENING_FAILED, job, now)
        except OWNER_GONE:
            await self._drop(upload)
            return
        await self.objects.delete(upload.object_key)

    async def _find(self, upload_id: UUID) -> Upload | None:
        async with self.store.engine.connect() as connection:
            return await find_upload(connection, upload_id)

    async def _screen(self, upload: Upload, job: ScreeningJob, now: datetime) -> None:
        """The form stays valid after the completion, so the file may be replaced meanwhile."""
        try:
            content = await self.objects.read(upload.object_key, max_bytes=self.max_file_bytes)
        except ObjectTooLarge:
            content = None
        if content is None:
            await self._fail(upload, FailureReason.CHANGED_AFTER_UPLOAD, job, now)
            return
        received = await _facts(content)
        recorder = self.recorders(upload)
        await recorder.record_received(upload, received, job.requested_at, job.meta)
        crash_point("screening-after-receipt")
        recorded = await self._find(upload.upload_id)
        if recorded is None or recorded.received_sha256 != received.sha256:
            await self._fail(recorded or upload, FailureReason.CHANGED_AFTER_UPLOAD, job, now)
            return
        match await self._result(content, upload.media_type):
            case ScreeningFailed(reason=reason):
                await self._fail(recorded, reason, job, now)
            case ScreeningPassed(content=sanitized):
                # Stored before the result is recorded: no screened upload lacks its file.
                key = clean_key(upload.owner_id, upload.upload_id)
                await self.objects.put(key, sanitized, media_type=upload.media_type)
                crash_point("screening-after-storing")
                await recorder.record_screened(recorded, await _facts(sanitized), now, job.meta)

    async def _result(self, content: bytes, media_type: str) -> ScreeningResult:
        """What is infected is not parsed."""
        if self.scanner is not None:
            match await self.scanner.scan(content):
                case Infected(signature=signature):
                    log.warning("malware-found", signature=signature)
                    return ScreeningFailed(reason=FailureReason.MALWARE)
        return await self.screener.screen(content, media_type)

    async def _fail(
        self, upload: Upload, reason: FailureReason, job: ScreeningJob, now: datetime
    ) -> None:
        """Raises OWNER_GONE."""
        current = await self._find(upload.upload_id) or upload
        await self.recorders(upload).record_failed(current, reason, now, job.meta)
        await self._delete_stored(upload)

    async def _drop(self, upload: Upload) -> None:
        """Nothing is recorded about an erased person or an ended claim, and no file is kept."""
        await self.objects.delete(upload.object_key)
        await self._delete_stored(upload)
        log.info("screening-dropped", upload_id=str(upload.upload_id))

    async def _delete_stored(self, upload: Upload) -> None:
        """What this attempt or an earlier one stored, in every version."""
        key = clean_key(upload.owner_id, upload.upload_id)
        await self.objects.delete_versions(await self.objects.list_versions([key]))


async def _facts(content: bytes) -> FileFacts:
    sha256 = (await asyncio.to_thread(hashlib.sha256, content)).hexdigest()
    return FileFacts(size_bytes=len(content), sha256=sha256)
