"""Files that support a claim to a document: sent by the claimant, read by operators.

They are screened like documents of a dossier, but belong to the claim: no event is published, and
they are deleted with the end of the claim.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.application.file_screening import FileFacts
from vinculo.documents.application.upload_completion import UploadCompletion, request_screening
from vinculo.documents.application.uploads import FORM_LIFETIME
from vinculo.documents.screening.criteria import FailureReason
from vinculo.documents.storage.claims import ClaimUnknown, find_claim, require_open_claim
from vinculo.documents.storage.object_store import UploadForm
from vinculo.documents.storage.uploads import (
    FAILED,
    SCREENED,
    Upload,
    UploadLimits,
    add_upload,
    find_upload,
    lock_uploads_of,
    quarantine_key,
    save_received_hash,
    save_result,
    uploads_of_claim,
)
from vinculo.events import Meta
from vinculo.eventstore import PostgresEventStore

MAX_CLAIM_FILES: Final = 3
CLAIM_FILE: Final = "claim_file"
"""The kind of all files of claims."""


class TooManyClaimFiles(Exception):
    """The claim has all the files that it can have, without those that failed the screening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncedClaimFile:
    """As an `AnnouncedFile`, of a claim."""

    upload_id: UUID
    claim_id: UUID
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFiles:
    store: PostgresEventStore
    completion: UploadCompletion
    limits: UploadLimits

    async def announce(self, file: AnnouncedClaimFile, now: datetime) -> tuple[Upload, UploadForm]:
        """The upload and the form to send the file with; a repeat returns the same upload.

        Raises FileTooLarge, ClaimNotReceivedYet, ClaimEnded, TooManyClaimFiles, TooManyUploads,
        UploadIdReused.
        """
        self.completion.require_size(file.size_bytes)
        announced = Upload(
            upload_id=file.upload_id,
            claim_id=file.claim_id,
            kind=CLAIM_FILE,
            media_type=file.media_type,
            declared_size_bytes=file.size_bytes,
            object_key=quarantine_key(file.claim_id, file.upload_id),
            opened_at=now,
            expires_at=now + FORM_LIFETIME,
        )
        async with self.store.transaction() as connection:
            await require_open_claim(connection, file.claim_id, now)
            await lock_uploads_of(connection, file.claim_id)
            others = await _other_uploads(connection, announced)
            if (
                sum(_is_completed(each) or each.expires_at > now for each in others)
                >= MAX_CLAIM_FILES
            ):
                raise TooManyClaimFiles
            upload = await add_upload(connection, announced, self.limits)
        return upload, self.completion.form(upload)

    async def complete(self, claim_id: UUID, upload_id: UUID, now: datetime, meta: Meta) -> Upload:
        """The upload, whose file is to be screened. A repeat returns its present state.

        Raises UploadUnknown, FileNotUploaded, FileTooLarge, ClaimNotReceivedYet, ClaimEnded,
        TooManyClaimFiles, ObjectStoreUnavailableError.
        """
        upload = await self.completion.find(claim_id, upload_id)
        if upload.completed_at is None:
            await self.completion.require_file(upload)
        async with self.store.transaction() as connection:
            await require_open_claim(connection, claim_id, now)
            if upload.completed_at is None:
                await lock_uploads_of(connection, claim_id)
                # An expired form may be completed after others were announced in its place.
                others = await _other_uploads(connection, upload)
                if sum(map(_is_completed, others)) >= MAX_CLAIM_FILES:
                    raise TooManyClaimFiles
                await request_screening(connection, upload, now, meta)
        return await self.completion.find(claim_id, upload_id)

    async def find(self, claim_id: UUID, upload_id: UUID, now: datetime) -> Upload:
        """Raises UploadUnknown, ClaimNotReceivedYet, ClaimEnded."""
        async with self.store.transaction() as connection:
            await require_open_claim(connection, claim_id, now)
        return await self.completion.find(claim_id, upload_id)

    async def sent_by_claimant(self, claim_id: UUID, now: datetime) -> list[Upload]:
        """What the claimant sent, the oldest first, also what still waits for its screening.

        Raises ClaimNotReceivedYet, ClaimEnded.
        """
        async with self.store.engine.begin() as connection:
            await require_open_claim(connection, claim_id, now)
            return await _completed_uploads(connection, claim_id)

    async def of_claim(self, claim_id: UUID) -> list[Upload]:
        """As `sent_by_claimant`, for operators; empty for a claim that has ended.

        Raises ClaimUnknown.
        """
        async with self.store.engine.begin() as connection:
            claim = await find_claim(connection, claim_id)
            if claim is None:
                raise ClaimUnknown
            if claim.ended_at is not None:
                return []
            return await _completed_uploads(connection, claim_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRecorder:
    """Records the steps of an upload in its row, while the claim is open."""

    store: PostgresEventStore

    async def record_received(
        self, upload: Upload, file: FileFacts, now: datetime, _: Meta
    ) -> None:
        async with self.store.transaction() as connection:
            if (await _lock_upload(connection, upload, now)).received_sha256 is None:
                await save_received_hash(connection, upload.upload_id, file.sha256)

    async def record_screened(
        self, upload: Upload, _file: FileFacts, now: datetime, _: Meta
    ) -> None:
        async with self.store.transaction() as connection:
            if (await _lock_upload(connection, upload, now)).result is None:
                await save_result(connection, upload.upload_id, SCREENED)

    async def record_failed(
        self, upload: Upload, reason: FailureReason, now: datetime, _: Meta
    ) -> None:
        async with self.store.transaction() as connection:
            if (await _lock_upload(connection, upload, now)).result is None:
                await save_result(connection, upload.upload_id, FAILED, reason)


async def _lock_upload(connection: AsyncConnection, upload: Upload, now: datetime) -> Upload:
    await require_open_claim(connection, upload.owner_id, now)
    await lock_uploads_of(connection, upload.owner_id)
    return await find_upload(connection, upload.upload_id) or upload


async def _other_uploads(connection: AsyncConnection, upload: Upload) -> list[Upload]:
    """Those of the same claim that did not fail the screening."""
    found = await uploads_of_claim(connection, upload.owner_id)
    return [each for each in found if each.upload_id != upload.upload_id and each.result != FAILED]


def _is_completed(upload: Upload) -> bool:
    return upload.completed_at is not None


async def _completed_uploads(connection: AsyncConnection, claim_id: UUID) -> list[Upload]:
    found = await uploads_of_claim(connection, claim_id)
    return [upload for upload in found if _is_completed(upload)]
