"""Review by operators, and links to the files, each of them recorded."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from vinculo.documents.application.download_links import DOWNLOAD_LINK, record_access
from vinculo.documents.domain.dossier import Dossier, DossierEvent
from vinculo.documents.domain.dossier_decisions import (
    AcceptDocument,
    DemandDocument,
    DocumentNotScreened,
    DocumentUnknown,
    RejectDocument,
)
from vinculo.documents.storage.dossiers import DOSSIERS
from vinculo.documents.storage.object_store import ObjectStore
from vinculo.documents.storage.person_access import require_not_erased
from vinculo.documents.storage.review_queue import Place, keep_review_queue
from vinculo.documents.storage.uploads import SCREENED, Upload, clean_key, find_upload
from vinculo.events import Meta
from vinculo.eventstore import (
    CommandResult,
    PostgresEventStore,
    Sealer,
    execute,
    load_up_to_causation,
)

EXTENSIONS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}


class OwnDossier(Exception):
    """Nobody reviews their own documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadLink:
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewing:
    store: PostgresEventStore
    objects: ObjectStore
    sealer: Sealer
    link_lifetime: timedelta = timedelta(seconds=60)

    async def accept(
        self, command: AcceptDocument, *, meta: Meta, expected_version: int | None = None
    ) -> None:
        person_id = await self._person_with(command.document_id)
        await self._review(person_id, command, command.accepted_by, meta, expected_version)

    async def reject(
        self, command: RejectDocument, *, meta: Meta, expected_version: int | None = None
    ) -> None:
        person_id = await self._person_with(command.document_id)
        await self._review(person_id, command, command.rejected_by, meta, expected_version)

    async def demand(
        self,
        person_id: UUID,
        command: DemandDocument,
        *,
        meta: Meta,
        expected_version: int | None = None,
    ) -> None:
        await self._review(person_id, command, command.demanded_by, meta, expected_version)

    async def _review(
        self,
        person_id: UUID,
        command: AcceptDocument | RejectDocument | DemandDocument,
        reviewer: UUID,
        meta: Meta,
        expected_version: int | None,
    ) -> None:
        """Raises OwnDossier, PersonErased, VersionConflict, DossierRefused."""
        if person_id == reviewer:
            raise OwnDossier
        if await self._was_done(person_id, meta.causation_id):
            return

        async def alongside(
            connection: AsyncConnection, outcome: CommandResult[Dossier, DossierEvent]
        ) -> None:
            await require_not_erased(connection, person_id)
            await keep_review_queue(connection, person_id, outcome)

        await execute(
            self.store,
            DOSSIERS,
            person_id,
            command,
            sealer=self.sealer,
            meta=meta,
            expected_version=expected_version,
            on_appended=alongside,
        )

    async def _was_done(self, person_id: UUID, cause: UUID | None) -> bool:
        """By the request that comes again; its key lets one at a time through."""
        if cause is None:
            return False
        return await load_up_to_causation(self.store, DOSSIERS, person_id, cause) is not None

    async def link(
        self, document_id: UUID, *, reader: UUID, now: datetime, owner: UUID | None = None
    ) -> DownloadLink:
        """Give an address that is good for a minute; with `owner`, of that person's files only.

        Raises DocumentUnknown, DocumentNotScreened, PersonErased.
        """
        async with self.store.engine.begin() as connection:
            upload = await _document(connection, document_id)
            if owner is not None and upload.person_id != owner:
                raise DocumentUnknown(str(document_id))
            await require_not_erased(connection, upload.person_id)
            if upload.result != SCREENED:
                raise DocumentNotScreened(str(document_id))
            await record_access(
                connection,
                document_id=document_id,
                person_id=upload.person_id,
                what=DOWNLOAD_LINK,
                accessed_by=reader,
                accessed_at=now,
            )
        url = self.objects.download_url(
            clean_key(upload.person_id, document_id),
            media_type=upload.media_type,
            file_name=f"{upload.kind}.{EXTENSIONS[upload.media_type]}",
            lifetime=self.link_lifetime,
        )
        return DownloadLink(url=url, expires_at=now + self.link_lifetime)

    async def _person_with(self, document_id: UUID) -> UUID:
        async with self.store.engine.begin() as connection:
            upload = await _document(connection, document_id)
            await require_not_erased(connection, upload.person_id)
        return upload.person_id


async def _document(connection: AsyncConnection, document_id: UUID) -> Upload:
    upload = await find_upload(connection, document_id)
    if upload is None:
        raise DocumentUnknown(str(document_id))
    return upload


class CursorUnreadable(Exception):
    pass


def cursor_of(place: Place) -> str:
    text = f"{place.submitted_at.isoformat()}|{place.person_id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place_of(cursor: str) -> Place:
    """Raises CursorUnreadable."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        submitted_at, person_id = text.decode().split("|")
        place = Place(submitted_at=datetime.fromisoformat(submitted_at), person_id=UUID(person_id))
    except (binascii.Error, ValueError):
        raise CursorUnreadable from None
    if place.submitted_at.tzinfo is None:
        raise CursorUnreadable
    return place
