"""What applicants do with their own documents."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from vinculo.access import Permission, Principal, requires
from vinculo.documents.application.dossier_queries import DossierReading
from vinculo.documents.application.review import Reviewing
from vinculo.documents.application.uploads import AnnouncedFile, UploadCompletion, UploadOpening
from vinculo.documents.http.schemas import (
    CompletionAnswer,
    DossierAnswer,
    DownloadLinkAnswer,
    UploadAnswer,
    UploadBody,
    dossier_fields,
)
from vinculo.documents.storage.object_store import ObjectTooLarge
from vinculo.httpapi import IDEMPOTENCY_KEY, Idempotency, accepts_headers, current_meta

Owner = Annotated[Principal, Depends(requires(Permission.OWN_DOSSIER))]


def applicant_api(
    *,
    opening: UploadOpening,
    completion: UploadCompletion,
    reading: DossierReading,
    reviewing: Reviewing,
    idempotency: Idempotency,
    clock: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(prefix="/documents/v1/me", tags=["own documents"])

    @router.get("/dossier", response_model_exclude_none=True)
    async def own_dossier(owner: Owner) -> DossierAnswer:
        return DossierAnswer(**dossier_fields(await reading.of(owner.subject)))

    @router.post("/uploads", status_code=201)
    @accepts_headers(IDEMPOTENCY_KEY)
    async def open_upload(request: Request, owner: Owner, body: UploadBody) -> UploadAnswer:
        """With an `Idempotency-Key`, a repeat gives the first upload and its form again."""
        if body.size_bytes > opening.max_bytes:
            raise ObjectTooLarge
        file = AnnouncedFile(
            upload_id=idempotency.idempotent_id(request, "uploads"),
            person_id=owner.subject,
            kind=body.kind,
            media_type=body.media_type,
            size_bytes=body.size_bytes,
        )
        upload, form = await opening.open(file, clock())
        return UploadAnswer(
            upload_id=upload.upload_id,
            url=form.url,
            fields=form.fields,
            expires_at=upload.expires_at,
        )

    @router.post("/uploads/{upload_id}/completion", response_model_exclude_none=True)
    async def complete_upload(request: Request, owner: Owner, upload_id: UUID) -> CompletionAnswer:
        upload = await completion.complete(owner.subject, upload_id, clock(), current_meta(request))
        return CompletionAnswer.model_validate(
            {
                "document_id": upload.upload_id,
                "state": upload.result,
                "reason": upload.reason_code,
            }
        )

    @router.post("/documents/{document_id}/download-links", status_code=201)
    async def link_to_own_document(owner: Owner, document_id: UUID) -> DownloadLinkAnswer:
        link = await reviewing.link(
            document_id, reader=owner.subject, now=clock(), owner=owner.subject
        )
        return DownloadLinkAnswer(url=link.url, expires_at=link.expires_at)

    return router
