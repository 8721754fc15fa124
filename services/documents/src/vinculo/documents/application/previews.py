"""Previews: one page of a document as a picture, made in the screening process.

A PDF cannot be shown in a sandboxed frame, and outside of one it would be active content of our
own origin. Every preview is recorded with its reader.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from vinculo.documents.application.download_links import record_access, screened_document
from vinculo.documents.domain.dossier_decisions import DocumentUnknown
from vinculo.documents.screening.screener import (
    NoSuchPage,
    Preview,
    PreviewRequest,
    Screener,
    ScreeningFailed,
)
from vinculo.documents.storage.object_store import ObjectStore
from vinculo.documents.storage.uploads import clean_key
from vinculo.eventstore import PostgresEventStore

PREVIEW: Final = "preview"


class PageUnknown(Exception):
    """The document has fewer pages."""


class PreviewImpossible(Exception):
    """The file cannot be rendered; it can still be downloaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Previews:
    store: PostgresEventStore
    objects: ObjectStore
    screener: Screener
    max_file_bytes: int

    async def create(self, document_id: UUID, *, page: int, reader: UUID, now: datetime) -> Preview:
        """Page `page`, counted from 1, with the reader's id and the time as watermark.

        Raises DocumentUnknown, DocumentNotScreened, PersonErased, PageUnknown, PreviewImpossible,
        ScreeningError, ObjectStoreUnavailableError.
        """
        async with self.store.engine.begin() as connection:
            upload = await screened_document(connection, document_id)
            await record_access(connection, upload, what=PREVIEW, reader=reader, now=now)
        key = clean_key(upload.owner_id, upload.upload_id)
        content = await self.objects.read(key, max_bytes=self.max_file_bytes)
        if content is None:  # deleted meanwhile, with the person
            raise DocumentUnknown(str(document_id))
        request = PreviewRequest(page=page, watermark=f"{reader} {now:%Y-%m-%d %H:%M} UTC")
        match await self.screener.preview(content, upload.media_type, request):
            case Preview() as preview:
                return preview
            case NoSuchPage():
                raise PageUnknown(str(page))
            case ScreeningFailed(reason=reason):
                raise PreviewImpossible(reason.value)
