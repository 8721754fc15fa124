"""The first step of a file: announced, and given a form to be sent to quarantine with."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from vinculo.documents.domain.dossier_decisions import require_kind, require_open
from vinculo.documents.dossier_streams import DOSSIERS
from vinculo.documents.object_store import ObjectStore, UploadForm
from vinculo.documents.people_access import require_uploads_open
from vinculo.documents.uploads import Upload, UploadLimits, add_upload, quarantine_key
from vinculo.eventstore import PostgresEventStore, load


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
