"""What reviewers decide on documents: each decision once, however often it is sent."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from vinculo.access import Permission, Principal, requires
from vinculo.documents.bodies import DemandBody, Done, RejectionBody
from vinculo.documents.domain.dossier_commands import (
    AcceptDocument,
    DemandDocument,
    DossierNotOpen,
    RejectDocument,
)
from vinculo.documents.domain.dossier_events import DemandNote, RejectionNote
from vinculo.documents.reviewing import Reviewing
from vinculo.events import Meta
from vinculo.httpapi import (
    IDEMPOTENCY_KEY,
    IF_MATCH_WHEN_GIVEN,
    Idempotency,
    Problem,
    accepts_headers,
    current_meta,
    if_match,
)

Reviewer = Annotated[Principal, Depends(requires(Permission.DOCUMENTS_REVIEW))]


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
