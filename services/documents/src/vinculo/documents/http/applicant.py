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
    CompletionResponse,
    DossierResponse,
    DownloadLinkResponse,
    UploadBody,
    UploadResponse,
    dossier_fields,
)
from vinculo.httpapi import IDEMPOTENCY_KEY, Idempotency, accepts_headers, current_meta

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
    async def own_dossier(owner: Owner) -> DossierResponse:
        return DossierResponse(**dossier_fields(await dossiers.own(owner.subject)))

    @router.post("/uploads", status_code=201)
    @accepts_headers(IDEMPOTENCY_KEY)
    async def open_upload(request: Request, owner: Owner, body: UploadBody) -> UploadResponse:
        """With an `Idempotency-Key`, a repeat returns the first upload and its form."""
        file = AnnouncedFile(
            upload_id=idempotency.idempotent_id(request, "uploads"),
            person_id=owner.subject,
            kind=body.kind,
            media_type=body.media_type,
            size_bytes=body.size_bytes,
        )
        upload, form = await uploads.announce(file, clock())
        return UploadResponse(
            upload_id=upload.upload_id,
            url=form.url,
            fields=form.fields,
            expires_at=upload.expires_at,
        )

    @router.post("/uploads/{upload_id}/completion", response_model_exclude_none=True)
    async def complete_upload(
        request: Request, owner: Owner, upload_id: UUID
    ) -> CompletionResponse:
        upload = await uploads.complete(owner.subject, upload_id, clock(), current_meta(request))
        return CompletionResponse.model_validate(
            {
                "document_id": upload.upload_id,
                "state": upload.result,
                "reason": upload.reason_code,
            }
        )

    @router.post("/documents/{document_id}/download-links", status_code=201)
    async def link_to_own_document(owner: Owner, document_id: UUID) -> DownloadLinkResponse:
        link = await links.create(
            document_id, reader=owner.subject, now=clock(), owner=owner.subject
        )
        return DownloadLinkResponse(url=link.url, expires_at=link.expires_at)

    return router
