"""Routes for reviewers: the review queue, dossiers, files and decisions."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from vinculo.access import Permission, Principal, requires
from vinculo.documents.application.dossier_queries import DossierQueries
from vinculo.documents.application.download_links import DownloadLinks
from vinculo.documents.application.review import ReviewQueue, ReviewService
from vinculo.documents.domain.dossier import DemandNote, RejectionNote
from vinculo.documents.domain.dossier_decisions import (
    AcceptDocument,
    DemandDocument,
    RejectDocument,
)
from vinculo.documents.http.schemas import (
    DemandBody,
    Done,
    DownloadLinkAnswer,
    PersonDossierAnswer,
    RejectionBody,
    ReviewQueueAnswer,
    WaitingDossierAnswer,
    dossier_fields,
)
from vinculo.events import Meta
from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    OPTIONAL_IF_MATCH,
    Idempotency,
    accepts_headers,
    current_meta,
    etag,
    if_match,
)
from vinculo.httpapi.catalogue import preferred_language

Reader = Annotated[Principal, Depends(requires(Permission.DOSSIERS_READ))]
Reviewer = Annotated[Principal, Depends(requires(Permission.DOCUMENTS_REVIEW))]


def review_api(
    *,
    dossiers: DossierQueries,
    queue: ReviewQueue,
    links: DownloadLinks,
    review: ReviewService,
    idempotency: Idempotency,
    clock: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(prefix="/documents/v1", tags=["review"])

    @router.get("/people/{person_id}/dossier", response_model_exclude_none=True)
    async def dossier_of(
        _: Reader, person_id: UUID, request: Request, response: Response
    ) -> PersonDossierAnswer:
        dossier = await dossiers.of_person(person_id)
        response.headers["etag"] = etag(dossier.version)
        response.headers["cache-control"] = "no-store"
        return PersonDossierAnswer(
            person_id=person_id,
            version=dossier.version,
            **dossier_fields(dossier, preferred_language(request.headers)),
        )

    @router.get("/review-queue")
    async def review_queue(
        _: Reviewer,
        limit: Annotated[int, Query(ge=1, le=100)] = 25,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
    ) -> ReviewQueueAnswer:
        page = await queue.page(cursor=cursor, limit=limit)
        items = [
            WaitingDossierAnswer(
                person_id=dossier.person_id,
                submitted_at=dossier.submitted_at,
                document_count=dossier.document_count,
            )
            for dossier in page.dossiers
        ]
        return ReviewQueueAnswer(items=items, next_cursor=page.next_cursor)

    @router.post("/documents/{document_id}/download-links", status_code=201)
    async def link_to_document(reader: Reader, document_id: UUID) -> DownloadLinkAnswer:
        link = await links.create(document_id, reader=reader.subject, now=clock())
        return DownloadLinkAnswer(url=link.url, expires_at=link.expires_at)

    async def run_once(
        request: Request, body: BaseModel | bytes, command: Callable[[Meta], Awaitable[None]]
    ) -> Response:
        """A repeat gets the first response, even if the dossier has changed since."""

        async def run() -> Response:
            request_id = idempotency.idempotent_id_or_none(request, "reviews")
            await command(replace(current_meta(request), causation_id=request_id))
            return Response(Done().model_dump_json(), media_type="application/json")

        return await idempotency.run_once(request, "reviews", body, run)

    @router.post("/documents/{document_id}/acceptance", response_model=Done)
    @accepts_headers(IDEMPOTENCY_KEY, OPTIONAL_IF_MATCH)
    async def accept(request: Request, reviewer: Reviewer, document_id: UUID) -> Response:
        expected_version = _expected_version(request)
        command = AcceptDocument(document_id=document_id, accepted_by=reviewer.subject, now=clock())
        return await run_once(
            request,
            b"",
            lambda meta: review.accept(command, meta=meta, expected_version=expected_version),
        )

    @router.post("/documents/{document_id}/rejection", response_model=Done)
    @accepts_headers(IDEMPOTENCY_KEY, OPTIONAL_IF_MATCH)
    async def reject(
        request: Request, reviewer: Reviewer, document_id: UUID, body: RejectionBody
    ) -> Response:
        """An accepted document is rejected only with `If-Match`, the version of the dossier."""
        expected_version = _expected_version(request)
        command = RejectDocument(
            document_id=document_id,
            reason_code=body.reason_code.value,
            note=None if body.note is None else RejectionNote(note=body.note),
            rejected_by=reviewer.subject,
            now=clock(),
            may_overturn=expected_version is not None,
        )
        return await run_once(
            request,
            body,
            lambda meta: review.reject(command, meta=meta, expected_version=expected_version),
        )

    @router.post("/people/{person_id}/dossier/demands", response_model=Done)
    @accepts_headers(IDEMPOTENCY_KEY, OPTIONAL_IF_MATCH)
    async def demand(
        request: Request, reviewer: Reviewer, person_id: UUID, body: DemandBody
    ) -> Response:
        expected_version = _expected_version(request)
        command = DemandDocument(
            kind=body.kind.value,
            note=None if body.note is None else DemandNote(note=body.note),
            demanded_by=reviewer.subject,
            now=clock(),
        )
        return await run_once(
            request,
            body,
            lambda meta: review.demand(
                person_id, command, meta=meta, expected_version=expected_version
            ),
        )

    return router


def _expected_version(request: Request) -> int | None:
    return if_match(request) if "if-match" in request.headers else None
