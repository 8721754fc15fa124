"""Routes for the files of claims: sent with the token of the claim, read by operators."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from vinculo.access import Permission, Principal, requires
from vinculo.documents.application.claim_files import (
    MAX_CLAIM_FILES,
    AnnouncedClaimFile,
    ClaimFiles,
    TooManyClaimFiles,
)
from vinculo.documents.application.download_links import DownloadLinks, OwnClaim
from vinculo.documents.application.upload_completion import (
    FileNotUploaded,
    FileTooLarge,
    UploadUnknown,
)
from vinculo.documents.domain.dossier_decisions import DocumentNotScreened, DocumentUnknown
from vinculo.documents.http.problems import CLAIM_REFUSALS
from vinculo.documents.http.schemas import (
    MEDIA_TYPE_CODES,
    ClaimFileAnswer,
    ClaimFilesAnswer,
    ClaimUploadAnswer,
    ClaimUploadBody,
    DownloadLinkAnswer,
    UploadAnswer,
    reason_in_words,
    upload_answer,
    upload_limits,
    upload_state,
)
from vinculo.documents.storage.claims import ClaimEnded, ClaimUnknown
from vinculo.documents.storage.object_store import ObjectStoreUnavailableError
from vinculo.documents.storage.uploads import TooManyUploads, Upload, UploadIdReused
from vinculo.httpapi import IDEMPOTENCY_KEY, Idempotency, accepts_headers, current_meta, may_refuse
from vinculo.httpapi.catalogue import preferred_language
from vinculo.translation import Language

Sender = Annotated[Principal, Depends(requires(Permission.CLAIM_FILES_SEND))]
Reader = Annotated[Principal, Depends(requires(Permission.CLAIM_FILES_READ))]
Operator = Annotated[Principal, Depends(requires(Permission.CLAIMS_DECIDE))]


def claim_files_api(
    *,
    files: ClaimFiles,
    links: DownloadLinks,
    idempotency: Idempotency,
    clock: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(prefix="/documents/v1/claims/{claim_id}", tags=["files of claims"])

    @router.get("/files", response_model_exclude_none=True)
    @may_refuse(*CLAIM_REFUSALS)
    async def list_claim_files(
        reader: Reader, claim_id: UUID, request: Request, response: Response
    ) -> ClaimFilesAnswer:
        """What the claimant has sent, for the claimant and for operators, the oldest first."""
        if reader.may(Permission.CLAIMS_DECIDE):
            found = await files.of_claim(claim_id)
        else:
            _require_own(reader, claim_id)
            found = await files.sent_by_claimant(claim_id, clock())
        language = preferred_language(request.headers)
        response.headers["cache-control"] = "no-store"
        return ClaimFilesAnswer(
            items=[_file(upload, language) for upload in found],
            max_files=MAX_CLAIM_FILES,
            limits=upload_limits(files.completion.max_file_bytes),
        )

    @router.post("/uploads", status_code=201)
    @accepts_headers(IDEMPOTENCY_KEY)
    @may_refuse(
        *CLAIM_REFUSALS,
        FileTooLarge,
        TooManyClaimFiles,
        TooManyUploads,
        UploadIdReused,
        ObjectStoreUnavailableError,
        field_codes=MEDIA_TYPE_CODES,
    )
    async def open_claim_upload(
        request: Request, sender: Sender, claim_id: UUID, body: ClaimUploadBody
    ) -> UploadAnswer:
        """At most three files, as long as the claim is open. A repeat gets the first upload."""
        _require_own(sender, claim_id)
        file = AnnouncedClaimFile(
            upload_id=idempotency.idempotent_id(request, "claim-uploads"),
            claim_id=claim_id,
            media_type=body.media_type,
            size_bytes=body.size_bytes,
        )
        return upload_answer(*await files.announce(file, clock()))

    def answer(request: Request, response: Response, upload: Upload) -> ClaimUploadAnswer:
        state = upload_state(upload, preferred_language(request.headers), response)
        return ClaimUploadAnswer.model_validate({"file_id": upload.upload_id, **state})

    @router.post(
        "/uploads/{upload_id}/completion", status_code=202, response_model_exclude_none=True
    )
    @may_refuse(
        *CLAIM_REFUSALS,
        UploadUnknown,
        FileNotUploaded,
        FileTooLarge,
        TooManyClaimFiles,
        ObjectStoreUnavailableError,
    )
    async def complete_claim_upload(
        request: Request, response: Response, sender: Sender, claim_id: UUID, upload_id: UUID
    ) -> ClaimUploadAnswer:
        """Have the file screened, which takes a moment. A repeat returns the present state."""
        _require_own(sender, claim_id)
        upload = await files.complete(claim_id, upload_id, clock(), current_meta(request))
        return answer(request, response, upload)

    @router.get("/uploads/{upload_id}", response_model_exclude_none=True)
    @may_refuse(*CLAIM_REFUSALS, UploadUnknown)
    async def read_claim_upload(
        request: Request, response: Response, sender: Sender, claim_id: UUID, upload_id: UUID
    ) -> ClaimUploadAnswer:
        """The state of an upload: ask again after `Retry-After` while it is `received`."""
        _require_own(sender, claim_id)
        return answer(request, response, await files.find(claim_id, upload_id, clock()))

    @router.post("/files/{file_id}/download-links", status_code=201)
    @may_refuse(
        ClaimUnknown,
        ClaimEnded,
        DocumentUnknown,
        DocumentNotScreened,
        OwnClaim,
        ObjectStoreUnavailableError,
    )
    async def create_claim_file_link(
        operator: Operator, claim_id: UUID, file_id: UUID
    ) -> DownloadLinkAnswer:
        link = await links.create_for_claim(claim_id, file_id, reader=operator.subject, now=clock())
        return DownloadLinkAnswer(url=link.url, expires_at=link.expires_at)

    return router


def _require_own(claimant: Principal, claim_id: UUID) -> None:
    """The token of one claim reveals nothing about another. Raises ClaimUnknown."""
    if claimant.subject != claim_id:
        raise ClaimUnknown


def _file(upload: Upload, language: Language) -> ClaimFileAnswer:
    return ClaimFileAnswer.model_validate(
        {
            "file_id": upload.upload_id,
            "media_type": upload.media_type,
            "size_bytes": upload.declared_size_bytes,
            "sent_at": upload.opened_at,
            "state": upload.state,
            "reason": upload.reason_code,
            "reason_in_words": reason_in_words(upload.reason_code, language),
        }
    )
