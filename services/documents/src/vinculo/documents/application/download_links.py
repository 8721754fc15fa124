"""Links to the files of documents. Every link is recorded with its recipient."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.domain.dossier_decisions import DocumentNotScreened, DocumentUnknown
from vinculo.documents.storage.object_store import ObjectStore
from vinculo.documents.storage.person_access import require_not_erased
from vinculo.documents.storage.tables import document_accesses
from vinculo.documents.storage.uploads import SCREENED, clean_key, find_upload
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
            upload = await find_upload(connection, document_id)
            if upload is None or (owner is not None and upload.person_id != owner):
                raise DocumentUnknown(str(document_id))
            await require_not_erased(connection, upload.person_id)
            if upload.result != SCREENED:
                raise DocumentNotScreened(str(document_id))
            await _record_access(
                connection,
                document_id=document_id,
                person_id=upload.person_id,
                reader=reader,
                now=now,
            )
        url = self.objects.download_url(
            clean_key(upload.person_id, document_id),
            media_type=upload.media_type,
            file_name=f"{upload.kind}.{FILE_EXTENSIONS[upload.media_type]}",
            lifetime=LINK_LIFETIME,
        )
        return DownloadLink(url=url, expires_at=now + LINK_LIFETIME)


async def _record_access(
    connection: AsyncConnection,
    *,
    document_id: UUID,
    person_id: UUID,
    reader: UUID,
    now: datetime,
) -> None:
    await connection.execute(
        insert(document_accesses).values(
            access_id=uuid7(),
            document_id=document_id,
            person_id=person_id,
            what=DOWNLOAD_LINK,
            accessed_by=reader,
            accessed_at=now,
        )
    )
