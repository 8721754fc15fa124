"""Exports over HTTP: ask, watch, fetch once, cancel."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import IDEMPOTENCY_KEY, accepts_headers, idempotency_key, public
from vinculo.httpapi.languages import preferred_language
from vinculo.query_api.exports.service import ExportRequest, ExportService
from vinculo.query_api.exports.writers.row_writer import MEDIA_TYPES
from vinculo.query_api.http_responses import json_response
from vinculo.query_api.read_your_writes import MinPosition, PositionWaiter

FILES: Final[dict[str, Any]] = {"content": {media_type: {} for media_type in MEDIA_TYPES.values()}}


def exports_api(desk: ExportService, waiting: PositionWaiter) -> APIRouter:
    router = APIRouter(prefix="/query/v1/exports", tags=["exports"])
    exporting = requires(Permission.EXPORTS_MAKE, refused=desk.forbid)

    @router.post("", status_code=202)
    @accepts_headers(IDEMPOTENCY_KEY)
    async def ask_for_export(
        wanted: ExportRequest,
        request: Request,
        person: Annotated[Principal, Depends(exporting)],
        min_position: Annotated[MinPosition | None, Query()] = None,
    ) -> Response:
        language = preferred_language(request.headers)
        await waiting.shown(min_position)
        export_id = await desk.ask(wanted, person, idempotency_key(request), language)
        return json_response(
            {"export_id": export_id},
            status=202,
            headers={"Location": f"/query/v1/exports/{export_id}"},
        )

    @router.get("/{export_id}")
    async def show_export(
        export_id: UUID, person: Annotated[Principal, Depends(exporting)]
    ) -> Response:
        return json_response(await desk.show(export_id, person))

    @router.delete("/{export_id}", status_code=204)
    async def cancel_export(
        export_id: UUID, person: Annotated[Principal, Depends(exporting)]
    ) -> Response:
        await desk.cancel(export_id, person)
        return Response(status_code=204)

    @router.get("/{export_id}/file", response_class=StreamingResponse, responses={200: FILES})
    @public
    async def fetch_file(
        export_id: UUID, token: Annotated[str, Query(min_length=20, max_length=100)]
    ) -> Response:
        return await desk.fetch(export_id, token)

    return router
