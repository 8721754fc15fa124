"""Routes for applicants: their own dossier, uploads and files."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from vinculo.access import Permission, Principal, requires
from vinculo.documents.application.dossier_queries import DossierQueries
from vinculo.documents.application.download_links import DownloadLinks
from vinculo.documents.application.upload_completion import (
    FileNotUploaded,
    FileTooLarge,
    UploadUnknown,
)
from vinculo.documents.application.uploads import AnnouncedFile, UploadService
from vinculo.documents.domain.dossier_decisions import DossierNotOpen, KindNotRequired
from vinculo.documents.http.problems import ACCESS_REFUSALS, LINK_REFUSALS
from vinculo.documents.http.schemas import (
    MEDIA_TYPE_CODES,
    DocumentUploadAnswer,
    DossierAnswer,
    DownloadLinkAnswer,
    UploadAnswer,
    UploadBody,
    UploadLimitsAnswer,
    dossier_fields,
    upload_answer,
    upload_limits,
    upload_state,
)
from vinculo.documents.storage.object_store import ObjectStoreUnavailableError
from vinculo.documents.storage.person_access import PersonErased
from vinculo.documents.storage.uploads import TooManyUploads, Upload, UploadIdReused
from vinculo.httpapi import IDEMPOTENCY_KEY, Idempotency, accepts_headers, current_meta, may_refuse
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
    @may_refuse(*ACCESS_REFUSALS, DossierNotOpen)
    async def read_own_dossier(owner: Owner, request: Request) -> DossierAnswer:
        dossier = await dossiers.own(owner.subject)
        return DossierAnswer(**dossier_fields(dossier, preferred_language(request.headers)))

    @router.get("/upload-limits")
    async def read_upload_limits(_: Owner) -> UploadLimitsAnswer:
        return upload_limits(uploads.completion.max_file_bytes)

    @router.post("/uploads", status_code=201)
    @accepts_headers(IDEMPOTENCY_KEY)
    @may_refuse(
        *ACCESS_REFUSALS,
        DossierNotOpen,
        KindNotRequired,
        FileTooLarge,
        TooManyUploads,
        UploadIdReused,
        ObjectStoreUnavailableError,
        field_codes=MEDIA_TYPE_CODES,
    )
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
        return upload_answer(upload, form)

    def answer(request: Request, response: Response, upload: Upload) -> DocumentUploadAnswer:
        state = upload_state(upload, preferred_language(request.headers), response)
        return DocumentUploadAnswer.model_validate({"document_id": upload.upload_id, **state})

    @router.post(
        "/uploads/{upload_id}/completion", status_code=202, response_model_exclude_none=True
    )
    @may_refuse(
        *ACCESS_REFUSALS,
        UploadUnknown,
        FileNotUploaded,
        FileTooLarge,
        DossierNotOpen,
        KindNotRequired,
        ObjectStoreUnavailableError,
    )
    async def complete_upload(
        request: Request, response: Response, owner: Owner, upload_id: UUID
    ) -> DocumentUploadAnswer:
        """Have the file screened, which takes a moment. A repeat returns the present state."""
        upload = await uploads.complete(owner.subject, upload_id, clock(), current_meta(request))
        return answer(request, response, upload)

    @router.get("/uploads/{upload_id}", response_model_exclude_none=True)
    @may_refuse(UploadUnknown, PersonErased)
    async def read_upload(
        request: Request, response: Response, owner: Owner, upload_id: UUID
    ) -> DocumentUploadAnswer:
        """The state of an upload: ask again after `Retry-After` while it is `received`."""
        return answer(request, response, await uploads.find(owner.subject, upload_id))

    @router.post("/documents/{document_id}/download-links", status_code=201)
    @may_refuse(*LINK_REFUSALS)
    async def create_own_download_link(owner: Owner, document_id: UUID) -> DownloadLinkAnswer:
        link = await links.create(
            document_id, reader=owner.subject, now=clock(), owner=owner.subject
        )
        return DownloadLinkAnswer(url=link.url, expires_at=link.expires_at)

    return router
