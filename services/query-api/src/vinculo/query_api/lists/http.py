"""The three lists, their totals and their daily totals over HTTP."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from vinculo.access import Permission, requires
from vinculo.query_api.cursors import Cursor, CursorCodec
from vinculo.query_api.http_responses import json_response
from vinculo.query_api.lists.catalogue import (
    LISTS,
    PAYER,
    ListName,
    PeopleList,
    sort_by,
    to_row,
)
from vinculo.query_api.lists.daily_totals import read_daily_totals, requested_days
from vinculo.query_api.lists.filters import FilterParameters, filter_people
from vinculo.query_api.lists.query import (
    ListQuery,
    read_counts,
    total_to_date,
    totals_by_status,
)
from vinculo.query_api.periods import LocalDate
from vinculo.query_api.read_model import Freshness, ReadModel, payer_names
from vinculo.query_api.read_your_writes import MinPosition, PositionWaiter

MAX_ROWS: Final = 200


class PageParameters(FilterParameters):
    sort: Annotated[str | None, Field(max_length=40)] = None
    limit: Annotated[int, Field(ge=1, le=MAX_ROWS)] = 50
    cursor: Annotated[str | None, Field(max_length=2000)] = None
    min_position: MinPosition | None = None


class DailyParameters(BaseModel):
    """Local dates, both inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    date_from: LocalDate | None = None
    date_to: LocalDate | None = None
    min_position: MinPosition | None = None


def lists_api(
    read_model: ReadModel,
    waiter: PositionWaiter,
    cursors: CursorCodec,
    lists: ListQuery,
    *,
    zone: ZoneInfo,
    clock: Callable[[], datetime],
) -> APIRouter:
    router = APIRouter(prefix="/query/v1", tags=["lists"])
    guard = [Depends(requires(Permission.LISTS_READ))]

    async def page_of(people_list: PeopleList, parameters: PageParameters) -> Response:
        sort = sort_by(people_list, parameters.sort)
        query = _fingerprint(people_list, parameters)
        cursor = cursors.decode(parameters.cursor, query) if parameters.cursor else None
        snapshot = None if cursor is None else cursor.snapshot
        started_at = clock() if snapshot is None else snapshot.started_at
        people_filter = filter_people(people_list, parameters, zone=zone, now=started_at)
        await waiter.wait_for(parameters.min_position)
        result = await lists.execute(
            people_filter, sort, limit=parameters.limit, cursor=cursor, started_at=started_at
        )
        page, total = result.page, result.total
        payers = (
            await payer_names(result.collections.payers, page.documents)
            if people_list.column(PAYER)
            else {}
        )
        return _response(
            {
                "items": [to_row(d, people_list.columns, payers) for d in page.documents],
                "next_cursor": _encoded(page.following, cursors, query),
                "previous_cursor": _encoded(page.previous, cursors, query),
                "total_to_date": total_to_date(result.counts, people_list.kinds),
                "total_matching": total.people,
                "total_is_capped": total.is_capped,
            },
            result.freshness,
        )

    def add_list(people_list: PeopleList) -> None:
        @router.get(f"/{people_list.name}", dependencies=guard, name=f"list {people_list.name}")
        async def list_people(parameters: Annotated[PageParameters, Query()]) -> Response:
            return await page_of(people_list, parameters)

    for name in ListName:
        add_list(LISTS[name])

    @router.get("/totals", dependencies=guard)
    async def totals(
        min_position: Annotated[MinPosition | None, Query()] = None,
    ) -> Response:
        await waiter.wait_for(min_position)
        collections = await read_model.collections()
        counts = await read_counts(collections.counters)
        return _response(
            {
                "lists": {
                    name.value: total_to_date(counts, LISTS[name].kinds) for name in ListName
                },
                "by_status": totals_by_status(counts),
            },
            await read_model.freshness(collections),
        )

    @router.get("/totals/daily", dependencies=guard)
    async def daily_totals(parameters: Annotated[DailyParameters, Query()]) -> Response:
        """Days to come are left out; that which is running is counted up to now."""
        today = clock().astimezone(zone).date()
        first, last = requested_days(parameters.date_from, parameters.date_to, today)
        await waiter.wait_for(parameters.min_position)
        collections = await read_model.collections()
        days = await read_daily_totals(collections.counters, first, last, zone)
        return _response({"days": days}, await read_model.freshness(collections))

    return router


def _fingerprint(people_list: PeopleList, parameters: PageParameters) -> bytes:
    """The query that a cursor is bound to: all parameters except the position in it."""
    query = parameters.model_dump(mode="json", exclude={"cursor", "limit", "min_position"})
    return orjson.dumps([people_list.name, query], option=orjson.OPT_SORT_KEYS)


def _encoded(cursor: Cursor | None, cursors: CursorCodec, query: bytes) -> str | None:
    return None if cursor is None else cursors.encode(cursor, query)


def _response(body: dict[str, Any], freshness: Freshness) -> Response:
    return json_response({**body, "as_of": freshness.as_of}, freshness=freshness)
