"""Routes for reviewers: the review queue, dossiers and decisions."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from vinculo.access import Permission, Principal, requires
from vinculo.documents.application.dossier_queries import DossierQueries, ReadableDossier
from vinculo.documents.application.review import (
    DossierChanged,
    OwnDossier,
    ReviewQueue,
    ReviewService,
)
from vinculo.documents.domain.dossier import DemandNote, RejectionNote
from vinculo.documents.domain.dossier_decisions import (
    AcceptDocument,
    DemandDocument,
    DossierNotOpen,
    NoteIsMissing,
    RejectDocument,
)
from vinculo.documents.http.problems import (
    ACCESS_REFUSALS,
    DOSSIER_CHANGED,
    REVIEW_REFUSALS,
)
from vinculo.documents.http.schemas import (
    DemandBody,
    Done,
    PersonDossierAnswer,
    RejectionBody,
    ReviewQueueAnswer,
    WaitingDossierAnswer,
    dossier_fields,
)
from vinculo.events import Meta
from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    Idempotency,
    Problem,
    accepts_headers,
    current_meta,
    etag,
    if_match,
    may_refuse,
)
from vinculo.httpapi.catalogue import preferred_language
from vinculo.httpapi.cursors import CursorUnreadable

Reader = Annotated[Principal, Depends(requires(Permission.DOSSIERS_READ))]
Reviewer = Annotated[Principal, Depends(requires(Permission.DOCUMENTS_REVIEW))]


def review_api(
    *,
    dossiers: DossierQueries,
    queue: ReviewQueue,
    review: ReviewService,
    idempotency: Idempotency,
    clock: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(prefix="/documents/v1", tags=["review"])

    @router.get("/people/{person_id}/dossier", response_model_exclude_none=True)
    @may_refuse(*ACCESS_REFUSALS)
    async def read_dossier(
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
    @may_refuse(CursorUnreadable)
    async def list_review_queue(
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

    async def run_once(
        request: Request, body: BaseModel | bytes, command: Callable[[Meta], Awaitable[None]]
    ) -> Response:
        """A repeat gets the first response, even if the dossier has changed since."""

        async def run() -> Response:
            request_id = idempotency.idempotent_id_or_none(request, "reviews")
            try:
                await command(replace(current_meta(request), causation_id=request_id))
            except DossierChanged as changed:
                dossier = await dossiers.of_person(changed.person_id)
                raise _version_changed(dossier) from None
            return Response(Done().model_dump_json(), media_type="application/json")

        return await idempotency.run_once(request, "reviews", body, run)

    @router.post("/documents/{document_id}/acceptance", response_model=Done)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    @may_refuse(*REVIEW_REFUSALS, DOSSIER_CHANGED)
    async def accept_document(request: Request, reviewer: Reviewer, document_id: UUID) -> Response:
        expected_version = if_match(request)
        command = AcceptDocument(document_id=document_id, accepted_by=reviewer.subject, now=clock())
        return await run_once(
            request,
            b"",
            lambda meta: review.accept(command, meta=meta, expected_version=expected_version),
        )

    @router.post("/documents/{document_id}/rejection", response_model=Done)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    @may_refuse(*REVIEW_REFUSALS, NoteIsMissing, DOSSIER_CHANGED)
    async def reject_document(
        request: Request, reviewer: Reviewer, document_id: UUID, body: RejectionBody
    ) -> Response:
        """A rejection is final. That of an accepted document reopens the dossier."""
        expected_version = if_match(request)
        command = RejectDocument(
            document_id=document_id,
            reason_code=body.reason_code.value,
            note=None if body.note is None else RejectionNote(note=body.note),
            rejected_by=reviewer.subject,
            now=clock(),
        )
        return await run_once(
            request,
            body,
            lambda meta: review.reject(command, meta=meta, expected_version=expected_version),
        )

    @router.post("/people/{person_id}/dossier/demands", response_model=Done)
    @accepts_headers(IDEMPOTENCY_KEY, IF_MATCH)
    @may_refuse(*ACCESS_REFUSALS, OwnDossier, DossierNotOpen, DOSSIER_CHANGED)
    async def demand_document(
        request: Request, reviewer: Reviewer, person_id: UUID, body: DemandBody
    ) -> Response:
        expected_version = if_match(request)
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


def _version_changed(dossier: ReadableDossier) -> Problem:
    """With what the reviewer has not seen: the version and the states of the documents."""
    documents = [
        {
            "document_id": str(document.document_id),
            "kind": document.kind,
            "state": document.state.value,
        }
        for document in dossier.view.documents
    ]
    return Problem(
        DOSSIER_CHANGED.status,
        DOSSIER_CHANGED.slug,
        headers={"etag": etag(dossier.version)},
        extensions={"version": dossier.version, "documents": documents},
    )
