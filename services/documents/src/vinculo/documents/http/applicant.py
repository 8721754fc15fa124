"""Routes for applicants: their own dossier, uploads and files."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from vinculo.access import Permission, Principal, requires
from vinculo.documents.application.dossier_queries import DossierQueries
from vinculo.documents.application.download_links import DownloadLinks
from vinculo.documents.application.uploads import AnnouncedFile, UploadService
from vinculo.documents.http.schemas import (
    CompletionAnswer,
    DossierAnswer,
    DownloadLinkAnswer,
    UploadAnswer,
    UploadBody,
    UploadLimitsAnswer,
    dossier_fields,
)
from vinculo.documents.screening.criteria import CONTENT_LIMITS, SIGNATURES
from vinculo.httpapi import IDEMPOTENCY_KEY, Idempotency, accepts_headers, current_meta
from vinculo.httpapi.catalogue import preferred_language

Owner = Annotated[Principal, Depends(requires(Permission.OWN_DOSSIER))]


def applicant_api(
    *,
    uploads: UploadService,
    dossiers: DossierQueries,
    links: DownloadLinks,
    idempotency: Idempotency,
    clock: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(prefix="/documents/v1/me", tags=["own documents"])

    @router.get("/dossier", response_model_exclude_none=True)
    async def own_dossier(owner: Owner, request: Request) -> DossierAnswer:
        dossier = await dossiers.own(owner.subject)
        return DossierAnswer(**dossier_fields(dossier, preferred_language(request.headers)))

    @router.get("/upload-limits")
    async def upload_limits(_: Owner) -> UploadLimitsAnswer:
        return UploadLimitsAnswer(
            media_types=list(SIGNATURES),
            max_file_bytes=uploads.max_file_bytes,
            max_megapixels=CONTENT_LIMITS.pixels // 1_000_000,
            max_pages=CONTENT_LIMITS.pages,
        )

    @router.post("/uploads", status_code=201)
    @accepts_headers(IDEMPOTENCY_KEY)
    async def open_upload(request: Request, owner: Owner, body: UploadBody) -> UploadAnswer:
        """With an `Idempotency-Key`, a repeat returns the first upload and its form."""
        file = AnnouncedFile(
            upload_id=idempotency.idempotent_id(request, "uploads"),
            person_id=owner.subject,
            kind=body.kind,
            media_type=body.media_type,
            size_bytes=body.size_bytes,
        )
        upload, form = await uploads.announce(file, clock())
        return UploadAnswer(
            upload_id=upload.upload_id,
            url=form.url,
            fields=form.fields,
            expires_at=upload.expires_at,
        )

    @router.post("/uploads/{upload_id}/completion", response_model_exclude_none=True)
    async def complete_upload(request: Request, owner: Owner, upload_id: UUID) -> CompletionAnswer:
        upload = await uploads.complete(owner.subject, upload_id, clock(), current_meta(request))
        return CompletionAnswer.model_validate(
            {
                "document_id": upload.upload_id,
                "state": upload.result,
                "reason": upload.reason_code,
            }
        )

    @router.post("/documents/{document_id}/download-links", status_code=201)
    async def link_to_own_document(owner: Owner, document_id: UUID) -> DownloadLinkAnswer:
        link = await links.create(
            document_id, reader=owner.subject, now=clock(), owner=owner.subject
        )
        return DownloadLinkAnswer(url=link.url, expires_at=link.expires_at)

    return router
