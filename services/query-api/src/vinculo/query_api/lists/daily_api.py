"""Totals at the end of each day over HTTP."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from vinculo.access import Permission, requires
from vinculo.httpapi import Problem
from vinculo.httpapi.languages import preferred_language
from vinculo.query_api.json_answers import json_answer
from vinculo.query_api.lists.daily import MOST_DAYS, read_daily_totals
from vinculo.query_api.lists.filters import ListedDate
from vinculo.query_api.lists.refusals import refusal
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.waiting import MinPosition, Waiting

DAYS_UNASKED: Final = 30


class Days(BaseModel):
    """Local dates, both inclusive; the last 30 days unless others are named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    date_from: ListedDate | None = None
    date_to: ListedDate | None = None
    min_position: MinPosition | None = None


def daily_api(
    read_model: ReadModel, waiting: Waiting, *, zone: ZoneInfo, clock: Callable[[], datetime]
) -> APIRouter:
    router = APIRouter(prefix="/query/v1", tags=["lists"])

    @router.get("/totals/daily", dependencies=[Depends(requires(Permission.LISTS_READ))])
    async def daily_totals(request: Request, days: Annotated[Days, Query()]) -> Response:
        """Days to come are left out; that which is running is counted up to now."""
        today = clock().astimezone(zone).date()
        last = min(days.date_to or today, today)
        first = days.date_from or last - timedelta(days=DAYS_UNASKED - 1)
        language = preferred_language(request.headers)
        errors = []
        if days.date_to is not None and first > days.date_to:
            errors.append(refusal("date_from", "dates_reversed", language))
        if (last - first).days >= MOST_DAYS:
            errors.append(refusal("date_from", "too_many_days", language, MOST_DAYS))
        if errors:
            raise Problem(422, "filter-invalid", errors=errors)
        await waiting.shown(days.min_position)
        collections = await read_model.collections()
        found = await read_daily_totals(collections.counters, first, last, zone)
        freshness = await read_model.freshness(collections)
        return json_answer({"days": found, "as_of": freshness.as_of}, freshness=freshness)

    return router
