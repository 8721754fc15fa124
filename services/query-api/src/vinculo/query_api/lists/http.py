"""The three lists and their totals over HTTP."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from vinculo.access import Permission, requires
from vinculo.httpapi import Problem
from vinculo.httpapi.languages import preferred_language
from vinculo.query_api.cursors import Cursor, CursorCodec
from vinculo.query_api.filter_errors import field_refusal
from vinculo.query_api.http_responses import json_response
from vinculo.query_api.lists.catalogue import LISTS, PAYER, ListName, PeopleList, sort_by, to_row
from vinculo.query_api.lists.daily_totals import MAX_DAYS, read_daily_totals
from vinculo.query_api.lists.filters import FilterParameters, filter_people
from vinculo.query_api.lists.query import ListQuery, read_counts, total_to_date, totals_by_status
from vinculo.query_api.periods import LocalDate
from vinculo.query_api.read_model import Freshness, ReadModel, payer_names
from vinculo.query_api.read_your_writes import MinPosition, PositionWaiter
from vinculo.translation import Language

MAX_ROWS = 200


class PageParameters(FilterParameters):
    sort: Annotated[str | None, Field(max_length=40)] = None
    limit: Annotated[int, Field(ge=1, le=MAX_ROWS)] = 50
    cursor: Annotated[str | None, Field(max_length=2000)] = None
    min_position: MinPosition | None = None


def lists_api(
    read_model: ReadModel,
    waiting: PositionWaiter,
    cursors: CursorCodec,
    lists: ListQuery,
    *,
    zone: ZoneInfo,
    clock: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(prefix="/query/v1", tags=["lists"])
    allowed = [Depends(requires(Permission.LISTS_READ))]

    async def page_of(
        people_list: PeopleList, parameters: PageParameters, language: Language
    ) -> Response:
        sort = sort_by(people_list, parameters.sort, language)
        query = _fingerprint(people_list, parameters)
        cursor = cursors.read(parameters.cursor, query, language) if parameters.cursor else None
        walk = None if cursor is None else cursor.walk
        begun_at = clock() if walk is None else walk.begun_at
        people_filter = filter_people(
            people_list, parameters, zone=zone, now=begun_at, language=language
        )
        await waiting.shown(parameters.min_position)
        listed = await lists.answer(
            people_filter, sort, limit=parameters.limit, cursor=cursor, begun_at=begun_at
        )
        page, total = listed.page, listed.total
        payers = (
            await payer_names(listed.collections.payers, page.documents)
            if people_list.column(PAYER)
            else {}
        )
        return _answer(
            {
                "items": [to_row(d, people_list.columns, payers) for d in page.documents],
                "next_cursor": _text(page.following, cursors, query),
                "previous_cursor": _text(page.previous, cursors, query),
                "total_to_date": total_to_date(listed.counts, people_list.kinds),
                "total_matching": total.people,
                "total_is_capped": total.is_capped,
            },
            listed.freshness,
        )

    def serve(people_list: PeopleList) -> None:
        @router.get(f"/{people_list.name}", dependencies=allowed, name=f"list {people_list.name}")
        async def list_people(
            request: Request, parameters: Annotated[PageParameters, Query()]
        ) -> Response:
            return await page_of(people_list, parameters, preferred_language(request.headers))

    for name in ListName:
        serve(LISTS[name])

    @router.get("/totals", dependencies=allowed)
    async def totals(
        min_position: Annotated[MinPosition | None, Query()] = None,
    ) -> Response:
        await waiting.shown(min_position)
        collections = await read_model.collections()
        counts = await read_counts(collections.counters)
        return _answer(
            {
                "lists": {
                    name.value: total_to_date(counts, LISTS[name].kinds) for name in ListName
                },
                "by_status": totals_by_status(counts),
            },
            await read_model.freshness(collections),
        )

    return router


def _fingerprint(people_list: PeopleList, parameters: PageParameters) -> bytes:
    """The query that a cursor belongs to: all but where in it one stands."""
    asked = parameters.model_dump(mode="json", exclude={"cursor", "limit", "min_position"})
    return orjson.dumps([people_list.name, asked], option=orjson.OPT_SORT_KEYS)


def _text(cursor: Cursor | None, cursors: CursorCodec, query: bytes) -> str | None:
    return None if cursor is None else cursors.write(cursor, query)


def _answer(body: dict[str, Any], freshness: Freshness) -> Response:
    return json_response({**body, "as_of": freshness.as_of}, freshness=freshness)


DAYS_UNASKED: Final = 30


class Days(BaseModel):
    """Local dates, both inclusive; the last 30 days unless others are named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    date_from: LocalDate | None = None
    date_to: LocalDate | None = None
    min_position: MinPosition | None = None


def daily_api(
    read_model: ReadModel, waiting: PositionWaiter, *, zone: ZoneInfo, clock: Callable[[], datetime]
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
            errors.append(field_refusal("date_from", "dates_reversed", language))
        if (last - first).days >= MAX_DAYS:
            errors.append(field_refusal("date_from", "too_many_days", language, MAX_DAYS))
        if errors:
            raise Problem(422, "filter-invalid", errors=errors)
        await waiting.shown(days.min_position)
        collections = await read_model.collections()
        found = await read_daily_totals(collections.counters, first, last, zone)
        freshness = await read_model.freshness(collections)
        return json_response({"days": found, "as_of": freshness.as_of}, freshness=freshness)

    return router
