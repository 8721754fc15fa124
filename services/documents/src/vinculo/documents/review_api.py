"""What reviewers see of the documents of others."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncEngine

from vinculo.access import Permission, Principal, requires
from vinculo.documents.bodies import (
    DownloadLinkAnswer,
    PersonDossierAnswer,
    ReviewQueueAnswer,
    WaitingDossierAnswer,
)
from vinculo.documents.cursors import cursor_of, place_of
from vinculo.documents.domain.dossier_commands import DossierNotOpen
from vinculo.documents.dossier_answers import dossier_fields
from vinculo.documents.dossier_reading import DossierReading
from vinculo.documents.review_queue import waiting_dossiers
from vinculo.documents.reviewing import Reviewing
from vinculo.httpapi import Problem, etag

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
