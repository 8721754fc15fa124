"""What reviewers see of the documents of others."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.access import Permission, Principal, requires
from vinculo.documents.application.dossier_queries import DossierReading
from vinculo.documents.application.review import Reviewing, cursor_of, place_of
from vinculo.documents.domain.dossier import DemandNote, RejectionNote
from vinculo.documents.domain.dossier_decisions import (
    AcceptDocument,
    DemandDocument,
    DossierNotOpen,
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
from vinculo.documents.storage.review_queue import waiting_dossiers
from vinculo.events import Meta
from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    IF_MATCH_WHEN_GIVEN,
    Idempotency,
    Problem,
    accepts_headers,
    current_meta,
    etag,
    if_match,
)

Reader = Annotated[Principal, Depends(requires(Permission.DOSSIERS_READ))]
Reviewer = Annotated[Principal, Depends(requires(Permission.DOCUMENTS_REVIEW))]


def review_api(
    *,
    reading: DossierReading,
    reviewing: Reviewing,
    engine: AsyncEngine,
    clock: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(prefix="/documents/v1", tags=["review"])

    @router.get("/people/{person_id}/dossier", response_model_exclude_none=True)
    async def dossier_of(_: Reader, person_id: UUID, response: Response) -> PersonDossierAnswer:
        try:
            dossier = await reading.of(person_id)
        except DossierNotOpen:
            raise Problem(404, "person-unknown") from None
        response.headers["etag"] = etag(dossier.version)
        response.headers["cache-control"] = "no-store"
        return PersonDossierAnswer(
            person_id=person_id, version=dossier.version, **dossier_fields(dossier)
        )

    @router.get("/review-queue")
    async def review_queue(
        _: Reviewer,
        limit: Annotated[int, Query(ge=1, le=100)] = 25,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
    ) -> ReviewQueueAnswer:
        after = None if cursor is None else place_of(cursor)
        async with engine.connect() as connection:
            waiting = await waiting_dossiers(connection, after=after, limit=limit + 1)
        page = waiting[:limit]
        return ReviewQueueAnswer(
            items=[
                WaitingDossierAnswer(
                    person_id=each.person_id,
                    submitted_at=each.submitted_at,
                    document_count=each.document_count,
                )
                for each in page
            ],
            next_cursor=cursor_of(page[-1].place) if len(waiting) > limit else None,
        )

    @router.post("/documents/{document_id}/download-links", status_code=201)
    async def link_to_document(reader: Reader, document_id: UUID) -> DownloadLinkAnswer:
        link = await reviewing.link(document_id, reader=reader.subject, now=clock())
        return DownloadLinkAnswer(url=link.url, expires_at=link.expires_at)

    return router


def reviews_api(
    *, reviewing: Reviewing, idempotency: Idempotency, clock: Callable[[], datetime]
) -> APIRouter:
    router = APIRouter(prefix="/documents/v1", tags=["review"])

    async def once(
        request: Request, body: BaseModel | bytes, review: Callable[[Meta], Awaitable[None]]
    ) -> Response:
        """A repeat is answered as the first time, also when the dossier has gone on since."""

        async def run() -> Response:
            cause = idempotency.idempotent_id_or_none(request, "reviews")
            await review(replace(current_meta(request), causation_id=cause))
            return Response(Done().model_dump_json(), media_type="application/json")

        return await idempotency.run_once(request, "reviews", body, run)

    @router.post("/documents/{document_id}/acceptance", response_model=Done)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH_WHEN_GIVEN)
    async def accept(request: Request, reviewer: Reviewer, document_id: UUID) -> Response:
        seen = _version_seen(request)
        command = AcceptDocument(document_id=document_id, accepted_by=reviewer.subject, now=clock())

        async def review(meta: Meta) -> None:
            await reviewing.accept(command, meta=meta, expected_version=seen)

        return await once(request, b"", review)

    @router.post("/documents/{document_id}/rejection", response_model=Done)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH_WHEN_GIVEN)
    async def reject(
        request: Request, reviewer: Reviewer, document_id: UUID, body: RejectionBody
    ) -> Response:
        seen = _version_seen(request)
        command = RejectDocument(
            document_id=document_id,
            reason_code=body.reason_code.value,
            note=None if body.note is None else RejectionNote(note=body.note),
            rejected_by=reviewer.subject,
            now=clock(),
        )

        async def review(meta: Meta) -> None:
            await reviewing.reject(command, meta=meta, expected_version=seen)

        return await once(request, body, review)

    @router.post("/people/{person_id}/dossier/demands", response_model=Done)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH_WHEN_GIVEN)
    async def demand(
        request: Request, reviewer: Reviewer, person_id: UUID, body: DemandBody
    ) -> Response:
        seen = _version_seen(request)
        command = DemandDocument(
            kind=body.kind.value,
            note=None if body.note is None else DemandNote(note=body.note),
            demanded_by=reviewer.subject,
            now=clock(),
        )

        async def review(meta: Meta) -> None:
            try:
                await reviewing.demand(person_id, command, meta=meta, expected_version=seen)
            except DossierNotOpen:
                raise Problem(404, "person-unknown") from None

        return await once(request, body, review)

    return router


def _version_seen(request: Request) -> int | None:
    return if_match(request) if "if-match" in request.headers else None
