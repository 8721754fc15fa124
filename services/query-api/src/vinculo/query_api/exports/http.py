"""Exports over HTTP: request, status, one-time download, cancellation."""

from collections.abc import Mapping
from contextlib import aclosing
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError, PydanticKnownError
from starlette.types import Receive, Scope, Send
from typing_extensions import TypedDict

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import IDEMPOTENCY_KEY, Idempotency, accepts_headers, may_refuse, public
from vinculo.query_api.exports.export_job import encode_spec
from vinculo.query_api.exports.job_queue import TooManyExports
from vinculo.query_api.exports.service import (
    ColumnsWithheld,
    ExportDownload,
    ExportKeyReused,
    ExportOrder,
    ExportService,
    ExportStatus,
    ExportUnknown,
    LinkUsed,
    OwnExport,
)
from vinculo.query_api.filter_errors import EXPORT_CODES, FieldRefusalCode, FilterInvalid
from vinculo.query_api.http_responses import json_body, json_response
from vinculo.query_api.lists.catalogue import ColumnNames, ListName
from vinculo.query_api.lists.filters import FilterParameters
from vinculo.query_api.read_your_writes import POSITION_REFUSALS, MinPosition, PositionWaiter
from vinculo.query_api.texts import catalogue
from vinculo.tabular import Format, Guard
from vinculo.translation import DEFAULT_LANGUAGE, Language

IDEMPOTENCY_SCOPE: Final = "exports"
DELIMITERS: Final[Mapping[str, str]] = {"semicolon": ";", "comma": ","}
FILES: Final[dict[str, Any]] = {"content": {each.media_type: {} for each in Format}}


def _require_language(value: object) -> object:
    """Accept the languages of the message catalogue."""
    languages = catalogue().languages
    if value not in languages:
        raise PydanticKnownError("literal_error", {"expected": ", ".join(languages)})
    return value


def _list_languages(schema: dict[str, Any]) -> None:
    schema["enum"] = list(catalogue().languages)


class ExportRequest(BaseModel):
    """`columns` are those of the file, in this order; all of the list without them.

    `delimiter` and `guard` are for CSV.

    The delimiter is the locale's own unless given: `;` for Spanish, `,` for English. The guard is
    `excel` unless given: an apostrophe precedes cells that a spreadsheet would evaluate or change.
    With `raw` cells are as they are, for programs.
    """

    model_config = ConfigDict(extra="forbid")

    list: ListName
    format: Format
    filters: FilterParameters = FilterParameters()
    sort: Annotated[str | None, Field(max_length=40)] = None
    columns: ColumnNames = ()
    locale: Annotated[
        Language, BeforeValidator(_require_language), Field(json_schema_extra=_list_languages)
    ] = DEFAULT_LANGUAGE
    delimiter: Literal["semicolon", "comma"] | None = None
    guard: Guard | None = None

    @field_validator("guard")
    @classmethod
    def _require_csv(cls, guard: Guard | None, info: ValidationInfo) -> Guard | None:
        if guard is not None and info.data.get("format", Format.CSV) is not Format.CSV:
            raise PydanticCustomError(FieldRefusalCode.ONLY_FOR_CSV, "only for CSV")
        return guard

    def order(self) -> ExportOrder:
        return ExportOrder(
            list_name=self.list,
            format=self.format,
            parameters=self.filters,
            sort=self.sort,
            columns=self.columns,
            language=self.locale,
            delimiter=None if self.delimiter is None else DELIMITERS[self.delimiter],
            guard=self.guard,
        )


class QueuedExport(TypedDict):
    """An export that was requested; its status is at the `Location`."""

    export_id: Annotated[UUID, Field(description="The id of the export.")]


class OwnExports(TypedDict):
    """The caller's exports."""

    items: Annotated[list[OwnExport], Field(description="The newest first.")]


def exports_api(
    service: ExportService, waiter: PositionWaiter, idempotency: Idempotency
) -> APIRouter:
    router = APIRouter(prefix="/query/v1/exports", tags=["exports"])
    exporting = requires(Permission.EXPORTS_MAKE, on_refused=service.audit_forbidden)

    @router.post("", status_code=202, responses=json_body(QueuedExport, status=202))
    @accepts_headers(IDEMPOTENCY_KEY)
    @may_refuse(
        FilterInvalid,
        ColumnsWithheld,
        TooManyExports,
        ExportKeyReused,
        *POSITION_REFUSALS,
        field_codes=EXPORT_CODES,
    )
    async def ask_for_export(
        body: ExportRequest,
        request: Request,
        person: Annotated[Principal, Depends(exporting)],
        min_position: Annotated[MinPosition | None, Query()] = None,
    ) -> Response:
        await waiter.wait_for(min_position)
        export_id = idempotency.idempotent_id(request, IDEMPOTENCY_SCOPE)
        spec = service.specify(body.order(), person)
        await service.require_known_codes(body.order())
        normalized = orjson.dumps(encode_spec(spec), option=orjson.OPT_SORT_KEYS)

        async def queue_export() -> Response:
            await service.request(export_id, spec, person)
            body: QueuedExport = {"export_id": export_id}
            return json_response(
                body,
                status=202,
                headers={"Location": f"/query/v1/exports/{export_id}"},
            )

        return await idempotency.run_once(request, IDEMPOTENCY_SCOPE, normalized, queue_export)

    @router.get("", responses=json_body(OwnExports))
    async def list_own_exports(person: Annotated[Principal, Depends(exporting)]) -> Response:
        """Those of the caller that are still kept, the newest first."""
        body: OwnExports = {"items": list(await service.own(person))}
        return json_response(body)

    @router.get("/{export_id}", responses=json_body(ExportStatus))
    @may_refuse(ExportUnknown)
    async def show_export(
        export_id: UUID, person: Annotated[Principal, Depends(exporting)]
    ) -> Response:
        return json_response(await service.status(export_id, person))

    @router.delete("/{export_id}", status_code=204)
    @may_refuse(ExportUnknown)
    async def cancel_export(
        export_id: UUID, person: Annotated[Principal, Depends(exporting)]
    ) -> Response:
        await service.cancel(export_id, person)
        return Response(status_code=204)

    @router.get("/{export_id}/file", response_class=StreamingResponse, responses={200: FILES})
    @public
    @may_refuse(ExportUnknown, LinkUsed)
    async def fetch_file(
        export_id: UUID, token: Annotated[str, Query(min_length=20, max_length=100)]
    ) -> Response:
        return DownloadResponse(await service.download(export_id, token))

    return router


class DownloadResponse(StreamingResponse):
    """Closes the file's source when the client disconnects, which Starlette does not do."""

    def __init__(self, download: ExportDownload) -> None:
        super().__init__(
            download.pieces,
            media_type=download.format.media_type,
            headers={
                "Content-Disposition": f'attachment; filename="{download.name}"',
                "Content-Length": str(download.size_bytes),
                "Cache-Control": "no-store",
            },
        )
        self._pieces = download.pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._pieces):
            await super().__call__(scope, receive, send)
