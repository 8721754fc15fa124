"""The funnel over HTTP."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from vinculo.access import Permission, requires
from vinculo.httpapi import Problem
from vinculo.httpapi.languages import preferred_language
from vinculo.query_api.filter_errors import field_refusal
from vinculo.query_api.funnel.funnel import funnel_of, funnel_pipeline
from vinculo.query_api.http_responses import json_response
from vinculo.query_api.mongo import MAX_QUERY_MS, Mongo
from vinculo.query_api.periods import LocalDate, Preset, local_dates, preset_dates
from vinculo.query_api.person_document.schema import REGISTERED_AT, index_name
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.read_your_writes import MinPosition, PositionWaiter
from vinculo.translation import Language

MAX_FUNNEL_DAYS: Final = 366


class FunnelParameters(BaseModel):
    """When people registered: a preset, or local dates, both inclusive; else the last 30 days."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    created: Preset | None = None
    created_from: LocalDate | None = None
    created_to: LocalDate | None = None
    channel: Annotated[str, Field(min_length=1, max_length=40)] | None = None
    project: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    min_position: MinPosition | None = None


def funnel_api(
    read_model: ReadModel,
    waiting: PositionWaiter,
    mongo: Mongo,
    *,
    zone: ZoneInfo,
    clock: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(prefix="/query/v1", tags=["funnel"])

    @router.get("/funnel", dependencies=[Depends(requires(Permission.LISTS_READ))])
    async def show_funnel(
        request: Request, asked: Annotated[FunnelParameters, Query()]
    ) -> Response:
        today = clock().astimezone(zone).date()
        first, last = _dates(asked, today, preferred_language(request.headers))
        await waiting.shown(asked.min_position)
        collections = await read_model.collections()
        (found,) = await mongo.aggregate(
            collections.people.name,
            funnel_pipeline(
                local_dates(first, last, zone), zone, channel=asked.channel, project=asked.project
            ),
            hint=index_name(REGISTERED_AT),
            maxTimeMS=MAX_QUERY_MS,
        )
        freshness = await read_model.freshness(collections)
        return json_response(
            {
                "registered_from": first,
                "registered_to": last,
                **funnel_of(found["ways"], found["times"]),
                "as_of": freshness.as_of,
            },
            freshness=freshness,
        )

    return router


def _dates(asked: FunnelParameters, today: date, language: Language) -> tuple[date, date]:
    """Raises Problem 422 for dates that contradict, or span more than a year."""
    if asked.created is not None:
        if asked.created_from is not None or asked.created_to is not None:
            raise _refused("created", "preset_and_dates", language)
        return preset_dates(asked.created, today)
    last = asked.created_to or today
    first = asked.created_from or last - timedelta(days=29)
    if first > last:
        raise _refused("created_from", "dates_reversed", language)
    if (last - first).days >= MAX_FUNNEL_DAYS:
        raise _refused("created_from", "too_many_days", language, MAX_FUNNEL_DAYS)
    return first, last


def _refused(field: str, code: str, language: Language, value: object = "") -> Problem:
    return Problem(422, "filter-invalid", errors=[field_refusal(field, code, language, value)])
