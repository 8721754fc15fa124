"""Routes for operators to the files of documents: download links and previews, each recorded."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from vinculo.access import Permission, Principal, requires
from vinculo.documents.application.download_links import DownloadLinks
from vinculo.documents.application.previews import Previews
from vinculo.documents.http.problems import LINK_REFUSALS, PREVIEW_REFUSALS
from vinculo.documents.http.schemas import DownloadLinkAnswer
from vinculo.documents.screening.criteria import CONTENT_LIMITS
from vinculo.httpapi import may_refuse

Reader = Annotated[Principal, Depends(requires(Permission.DOSSIERS_READ))]

PAGE_COUNT: Final = "Vinculo-Page-Count"
PREVIEW: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "headers": {
            PAGE_COUNT: {
                "description": "Number of pages of the document",
                "schema": {"type": "integer", "minimum": 1},
            }
        }
    }
}


class PreviewResponse(Response):
    media_type = "image/jpeg"


def document_files_api(
    *, links: DownloadLinks, previews: Previews, clock: Callable[[], datetime]
) -> APIRouter:
    router = APIRouter(prefix="/documents/v1", tags=["review"])

    @router.post("/documents/{document_id}/download-links", status_code=201)
    @may_refuse(*LINK_REFUSALS)
    async def create_download_link(reader: Reader, document_id: UUID) -> DownloadLinkAnswer:
        link = await links.create(document_id, reader=reader.subject, now=clock())
        return DownloadLinkAnswer(url=link.url, expires_at=link.expires_at)

    @router.get(
        "/documents/{document_id}/preview", response_class=PreviewResponse, responses=PREVIEW
    )
    @may_refuse(*PREVIEW_REFUSALS)
    async def read_preview(
        reader: Reader,
        document_id: UUID,
        page: Annotated[int, Query(ge=1, le=CONTENT_LIMITS.pages)] = 1,
    ) -> Response:
        """One page as a JPEG with a watermark; `Vinculo-Page-Count` has the number of pages."""
        preview = await previews.create(document_id, page=page, reader=reader.subject, now=clock())
        return PreviewResponse(
            preview.content,
            headers={
                "cache-control": "no-store",
                "content-disposition": "inline",
                "content-security-policy": "sandbox; default-src 'none'",
                "x-content-type-options": "nosniff",
                PAGE_COUNT: str(preview.page_count),
            },
        )

    return router
