"""Links to the files of documents and of claims. Every link is recorded with its recipient."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.domain.dossier_decisions import DocumentNotScreened, DocumentUnknown
from vinculo.documents.storage.claims import ClaimEnded, ClaimUnknown, find_claim
from vinculo.documents.storage.object_store import ObjectStore
from vinculo.documents.storage.person_access import require_not_erased
from vinculo.documents.storage.tables import document_accesses
from vinculo.documents.storage.uploads import SCREENED, Upload, clean_key, find_upload
from vinculo.events import uuid7
from vinculo.eventstore import PostgresEventStore

LINK_LIFETIME: Final = timedelta(seconds=60)
DOWNLOAD_LINK: Final = "download_link"
FILE_EXTENSIONS: Final = MappingProxyType(
    {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadLink:
    url: str
    expires_at: datetime


class OwnClaim(Exception):
    """The holder of the claimed document does not see what a claimant sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadLinks:
    store: PostgresEventStore
    objects: ObjectStore

    async def create(
        self, document_id: UUID, *, reader: UUID, now: datetime, owner: UUID | None = None
    ) -> DownloadLink:
        """A link that is valid for LINK_LIFETIME. With `owner`, only to documents of that person.

        Raises DocumentUnknown, DocumentNotScreened, PersonErased.
        """
        async with self.store.engine.begin() as connection:
            upload = await screened_document(connection, document_id, owner=owner)
            await record_access(connection, upload, what=DOWNLOAD_LINK, reader=reader, now=now)
        return self._link(upload, now)

    async def create_for_claim(
        self, claim_id: UUID, file_id: UUID, *, reader: UUID, now: datetime
    ) -> DownloadLink:
        """As `create`, to a file of an open claim.

        Raises ClaimUnknown, ClaimEnded, DocumentUnknown, DocumentNotScreened, OwnClaim.
        """
        async with self.store.engine.begin() as connection:
            claim = await find_claim(connection, claim_id)
            if claim is None:
                raise ClaimUnknown
            if claim.holder == reader:
                raise OwnClaim
            if claim.ended_at is not None:
                raise ClaimEnded
            upload = await find_upload(connection, file_id)
            if upload is None or upload.claim_id != claim_id:
                raise DocumentUnknown(str(file_id))
            if upload.result != SCREENED:
                raise DocumentNotScreened(str(file_id))
            await record_access(connection, upload, what=DOWNLOAD_LINK, reader=reader, now=now)
        return self._link(upload, now)

    def _link(self, upload: Upload, now: datetime) -> DownloadLink:
        url = self.objects.download_url(
            clean_key(upload.owner_id, upload.upload_id),
            media_type=upload.media_type,
            file_name=f"{upload.kind}.{FILE_EXTENSIONS[upload.media_type]}",
            lifetime=LINK_LIFETIME,
        )
        return DownloadLink(url=url, expires_at=now + LINK_LIFETIME)


async def screened_document(
    connection: AsyncConnection, document_id: UUID, *, owner: UUID | None = None
) -> Upload:
    """The upload that became the document, with `owner` only if it is that person's.

    Raises DocumentUnknown, DocumentNotScreened, PersonErased.
    """
    upload = await find_upload(connection, document_id)
    person_id = None if upload is None else upload.person_id
    if upload is None or person_id is None or owner not in {None, person_id}:
        raise DocumentUnknown(str(document_id))
    await require_not_erased(connection, person_id)
    if upload.result != SCREENED:
        raise DocumentNotScreened(str(document_id))
    return upload


async def record_access(
    connection: AsyncConnection, upload: Upload, *, what: str, reader: UUID, now: datetime
) -> None:
    """Record who was given the file, and how: `what` is DOWNLOAD_LINK or `preview`."""
    await connection.execute(
        insert(document_accesses).values(
            access_id=uuid7(),
            document_id=upload.upload_id,
            person_id=upload.person_id,
            claim_id=upload.claim_id,
            what=what,
            accessed_by=reader,
            accessed_at=now,
        )
    )
