"""Exports over HTTP: ask, watch, fetch once."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import Problem, public
from vinculo.httpapi.languages import preferred_language
from vinculo.query_api.audit import AuditTrail
from vinculo.query_api.exports.jobs import ExportJobs, State, TooManyExports
from vinculo.query_api.exports.storage import ExportFiles
from vinculo.query_api.json_answers import json_answer
from vinculo.query_api.lists.catalogue import LISTS, ListName
from vinculo.query_api.lists.filters import FilterParameters, filter_people
from vinculo.query_api.lists.sorting import sort_by

Exporting = Annotated[Principal, Depends(requires(Permission.EXPORTS_MAKE))]


class ExportRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    list: ListName
    format: Literal["csv"]
    filters: FilterParameters = FilterParameters()
    sort: Annotated[str | None, Field(max_length=40)] = None
    locale: Literal["es", "en"] = "es"


class CsvFile(StreamingResponse):
    media_type = "text/csv; charset=utf-8"


def exports_api(
    jobs: ExportJobs,
    files: ExportFiles,
    audit: AuditTrail,
    *,
    zone: ZoneInfo,
    public_url: str,
    clock: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(prefix="/query/v1/exports", tags=["exports"])

    @router.post("", status_code=202)
    async def ask_for_export(asked: ExportRequest, request: Request, person: Exporting) -> Response:
        people_list = LISTS[asked.list]
        language = preferred_language(request.headers)
        filter_people(people_list, asked.filters, zone=zone, now=clock(), language=language)
        sort = sort_by(people_list, asked.sort, language)
        try:
            export_id = await jobs.queue(
                list_name=asked.list,
                parameters=asked.filters,
                sort=sort.name,
                locale=asked.locale,
                requested_by=person.subject,
                now=clock(),
            )
        except TooManyExports:
            raise Problem(429, "too-many-exports", headers={"Retry-After": "10"}) from None
        await audit.record(
            "export-requested",
            by=person.subject,
            export_id=str(export_id),
            list=str(asked.list),
        )
        return json_answer(
            {"export_id": export_id},
            status=202,
            headers={"Location": f"/query/v1/exports/{export_id}"},
        )

    @router.get("/{export_id}")
    async def show_export(export_id: UUID, person: Exporting) -> Response:
        job = await jobs.find(export_id)
        if job is None or job["requested_by"] != person.subject:
            raise Problem(404, "export-unknown")
        body = {"export_id": export_id, "state": job["state"], "rows": job["rows"]}
        if job["state"] == State.FAILED:
            body["reason"] = job["reason"]
        if job["state"] == State.DONE:
            token = await jobs.issue_link(export_id)
            body["download_url"] = f"{public_url}/query/v1/exports/{export_id}/file?token={token}"
            body["manifest"] = manifest(job)
        return json_answer(body)

    @router.get("/{export_id}/file", response_class=CsvFile)
    @public
    async def fetch_file(
        export_id: UUID, token: Annotated[str, Query(min_length=20, max_length=100)]
    ) -> Response:
        job = await jobs.spend_link(export_id, token)
        if job is None:
            raise Problem(410, "link-used")
        await audit.record("export-fetched", by=job["requested_by"], export_id=str(export_id))
        day = job["requested_at"].strftime("%Y-%m-%d")
        return CsvFile(
            files.read(job["object_name"]),
            headers={
                "Content-Disposition": f'attachment; filename="{job["list"]}-{day}.csv"',
                "Content-Length": str(job["size_bytes"]),
                "Cache-Control": "no-store",
            },
        )

    return router


def manifest(job: Mapping[str, Any]) -> dict[str, Any]:
    """Who asked for what, when, and what came of it."""
    return {
        "list": job["list"],
        "format": job["format"],
        "filters": job["parameters"],
        "sort": job["sort"],
        "columns": [column.name for column in LISTS[ListName(job["list"])].columns],
        "requested_by": job["requested_by"],
        "requested_at": job["requested_at"],
        "as_of": job["as_of"],
        "rows": job["rows"],
        "size_bytes": job["size_bytes"],
        "sha256": job["sha256"],
    }
