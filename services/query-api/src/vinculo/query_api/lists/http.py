"""The three lists, their totals and their daily totals over HTTP."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Final, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from vinculo.access import Permission, requires
from vinculo.contracts.customer_registry import Kind, Status
from vinculo.httpapi import may_refuse
from vinculo.query_api.cursors import Cursor, CursorCodec, CursorInvalid
from vinculo.query_api.filter_errors import DAYS_CODES, LIST_CODES, FilterInvalid
from vinculo.query_api.http_responses import AsOf, NextCursor, json_body, json_response
from vinculo.query_api.lists.catalogue import (
    LISTS,
    PAYER,
    Cell,
    ListName,
    PeopleList,
    sort_by,
    to_row,
)
from vinculo.query_api.lists.daily_totals import (
    DayTotals,
    PeopleByStatus,
    read_daily_totals,
    requested_days,
)
from vinculo.query_api.lists.filters import (
    FilterParameters,
    filter_people,
    require_known_codes,
)
from vinculo.query_api.lists.query import (
    ListQuery,
    read_counts,
    total_to_date,
    totals_by_status,
)
from vinculo.query_api.periods import LocalDate
from vinculo.query_api.person_document.schema import PAYER_ID
from vinculo.query_api.read_model import ReadModel, payer_names
from vinculo.query_api.read_your_writes import POSITION_REFUSALS, MinPosition, PositionWaiter

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


class PageFrame(TypedDict):
    """What every page of a list has beside its rows."""

    next_cursor: NextCursor
    previous_cursor: Annotated[
        str | None, Field(description="The `cursor` of the page before; null on the first one.")
    ]
    total_to_date: Annotated[int, Field(description="Number of people in the unfiltered list.")]
    total_matching: Annotated[int, Field(description="Number of people who match the filter.")]
    total_is_capped: Annotated[
        bool, Field(description="Whether there are more than `total_matching`.")
    ]
    as_of: AsOf


class ListPage(PageFrame):
    items: list[dict[str, Cell]]


PersonId: TypeAlias = Annotated[UUID, Field(description="The id of the person.")]
Name: TypeAlias = Annotated[str, Field(description="Given names and surnames.")]
Email: TypeAlias = Annotated[str, Field(description="E-mail address.")]
Phone: TypeAlias = Annotated[str, Field(description="Phone number in E.164.")]
DocumentType: TypeAlias = Annotated[str, Field(description="Code of the document type.")]
DocumentNumber: TypeAlias = Annotated[str, Field(description="Number of the identity document.")]
StatusCode: TypeAlias = Annotated[Status, Field(description="Current status.")]
Modified: TypeAlias = Annotated[
    datetime, Field(description="When the status last changed; never before `created`.")
]


class PreCustomerRow(TypedDict):
    """A pre-customer."""

    name: Name
    person_id: PersonId
    phone: Phone
    created: Annotated[datetime, Field(description="When the person registered.")]
    modified: Modified
    document_type: DocumentType
    email: Email
    status: StatusCode


class CustomerRow(TypedDict):
    """A customer."""

    name: Name
    customer_id: Annotated[UUID, Field(description="The id of the customer.")]
    status: StatusCode
    active_loans: Annotated[int, Field(description="Number of active loans.")]
    email: Email
    phone: Phone
    national_id: DocumentNumber
    created: Annotated[datetime, Field(description="When the application was completed.")]
    modified: Modified
    personal_data_acceptance: Annotated[
        datetime | None,
        Field(description="Since when the person consents to the use of personal data."),
    ]
    commercial_approval: Annotated[
        datetime | None, Field(description="Since when the person consents to advertising.")
    ]
    person_id: PersonId


class RegistrationRow(TypedDict):
    """A pre-customer or customer."""

    number: Annotated[int, Field(description="The number of the registration.")]
    document_type: DocumentType
    identification: DocumentNumber
    name: Name
    email: Email
    phone: Phone
    payer: Annotated[str | None, Field(description="Current name of the declared payer.")]
    registered_at: Annotated[datetime | None, Field(description="When the person registered.")]
    status: StatusCode
    kind: Annotated[Kind, Field(description="Whether the person is a customer already.")]
    person_id: PersonId


class PreCustomerPage(PageFrame):
    """Pre-customers."""

    items: Annotated[list[PreCustomerRow], Field(description="The rows of this page.")]


class CustomerPage(PageFrame):
    """Customers."""

    items: Annotated[list[CustomerRow], Field(description="The rows of this page.")]


class RegistrationPage(PageFrame):
    """All who have registered: pre-customers and customers."""

    items: Annotated[list[RegistrationRow], Field(description="The rows of this page.")]


PAGES: Final[Mapping[ListName, object]] = {
    ListName.PRE_CUSTOMERS: PreCustomerPage,
    ListName.CUSTOMERS: CustomerPage,
    ListName.REGISTRATIONS: RegistrationPage,
}


class Totals(TypedDict):
    """Current totals."""

    lists: Annotated[
        dict[str, int], Field(description="Number of people in each list, by its name.")
    ]
    by_status: PeopleByStatus
    as_of: AsOf


class DailyTotals(TypedDict):
    """Totals at the end of each local day."""

    days: Annotated[list[DayTotals], Field(description="Each local day, the first one first.")]
    as_of: AsOf


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
        await require_known_codes(await read_model.collections(), parameters)
        result = await lists.execute(
            people_filter, sort, limit=parameters.limit, cursor=cursor, started_at=started_at
        )
        page, total = result.page, result.total
        payers = (
            await payer_names(
                result.collections.payers, (person.get(PAYER_ID) for person in page.documents)
            )
            if people_list.column(PAYER)
            else {}
        )
        body: ListPage = {
            "items": [to_row(person, people_list.columns, payers) for person in page.documents],
            "next_cursor": _encoded(page.following, cursors, query),
            "previous_cursor": _encoded(page.previous, cursors, query),
            "total_to_date": total_to_date(result.counts, people_list.kinds),
            "total_matching": total.people,
            "total_is_capped": total.is_capped,
            "as_of": result.freshness.as_of,
        }
        return json_response(body, freshness=result.freshness)

    def add_list(people_list: PeopleList) -> None:
        @router.get(
            f"/{people_list.name}",
            dependencies=guard,
            name=f"list {people_list.name}",
            responses=json_body(PAGES[people_list.name]),
        )
        @may_refuse(FilterInvalid, CursorInvalid, *POSITION_REFUSALS, field_codes=LIST_CODES)
        async def list_people(parameters: Annotated[PageParameters, Query()]) -> Response:
            return await page_of(people_list, parameters)

    for name in ListName:
        add_list(LISTS[name])

    @router.get("/totals", dependencies=guard, responses=json_body(Totals))
    @may_refuse(*POSITION_REFUSALS)
    async def totals(
        min_position: Annotated[MinPosition | None, Query()] = None,
    ) -> Response:
        await waiter.wait_for(min_position)
        collections = await read_model.collections()
        counts = await read_counts(collections.counters)
        freshness = await read_model.freshness(collections)
        body: Totals = {
            "lists": {name.value: total_to_date(counts, LISTS[name].kinds) for name in ListName},
            "by_status": totals_by_status(counts),
            "as_of": freshness.as_of,
        }
        return json_response(body, freshness=freshness)

    @router.get("/totals/daily", dependencies=guard, responses=json_body(DailyTotals))
    @may_refuse(FilterInvalid, *POSITION_REFUSALS, field_codes=DAYS_CODES)
    async def daily_totals(parameters: Annotated[DailyParameters, Query()]) -> Response:
        """Days to come are left out; that which is running is counted up to now."""
        today = clock().astimezone(zone).date()
        first, last = requested_days(parameters.date_from, parameters.date_to, today)
        await waiter.wait_for(parameters.min_position)
        collections = await read_model.collections()
        days = await read_daily_totals(collections.counters, first, last, zone)
        freshness = await read_model.freshness(collections)
        body: DailyTotals = {"days": days, "as_of": freshness.as_of}
        return json_response(body, freshness=freshness)

    return router


def _fingerprint(people_list: PeopleList, parameters: PageParameters) -> bytes:
    """The query that a cursor is bound to: all parameters except the position in it."""
    query = parameters.model_dump(mode="json", exclude={"cursor", "limit", "min_position"})
    return orjson.dumps([people_list.name, query], option=orjson.OPT_SORT_KEYS)


def _encoded(cursor: Cursor | None, cursors: CursorCodec, query: bytes) -> str | None:
    return None if cursor is None else cursors.encode(cursor, query)
