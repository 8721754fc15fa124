"""What a client needs to know about each list, and titles of codes in the requested language."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from typing_extensions import TypedDict

from vinculo.access import Permission, requires
from vinculo.contracts.customer_registry import Kind, Status
from vinculo.httpapi.catalogue import preferred_language
from vinculo.query_api.http_responses import json_body, json_response
from vinculo.query_api.lists.catalogue import (
    LISTS,
    Column,
    ColumnGroup,
    ColumnType,
    ListName,
    PeopleList,
)
from vinculo.query_api.periods import Preset, preset_dates
from vinculo.query_api.texts import TextContext, label, labels
from vinculo.translation import Language

CODES: Final = (
    TextContext.KIND,
    TextContext.STATUS,
    TextContext.LOAN_STATUS,
    TextContext.CREDIT_APPLICATION_STATUS,
    TextContext.DOCUMENT_KIND,
    TextContext.CONTACT_KIND,
    TextContext.PURPOSE,
    TextContext.CHANNEL,
    TextContext.CONTRACT_TYPE,
    TextContext.MESSAGE_TEMPLATE,
    TextContext.REASON,
)


class ShownColumn(TypedDict):
    """A column of a list."""

    name: Annotated[str, Field(description="The name of the cell in each row.")]
    label: Annotated[str, Field(description="The heading.")]
    type: Annotated[ColumnType, Field(description="What its cells are.")]
    group: Annotated[ColumnGroup, Field(description="Columns permitted together in exports.")]
    sortable: Annotated[bool, Field(description="Whether `sort` accepts the name.")]


class StatusChoice(TypedDict):
    """A status by which the list can be filtered."""

    code: Annotated[Status, Field(description="The value of the filter.")]
    title: Annotated[str, Field(description="The status in words.")]


class ShownPreset(TypedDict):
    """A named period; both dates are local and inclusive."""

    code: Annotated[Preset, Field(description="The value of the filter.")]
    title: Annotated[str, Field(description="The period in words.")]
    date_from: Annotated[date, Field(description="Its first day.")]
    date_to: Annotated[date, Field(description="Its last day.")]


class ListDescription(TypedDict):
    """What a list shows and can be filtered by."""

    name: Annotated[ListName, Field(description="The name in addresses.")]
    title: Annotated[str, Field(description="The name of the list in words.")]
    columns: Annotated[list[ShownColumn], Field(description="In the order of exports.")]
    statuses: Annotated[list[StatusChoice], Field(description="Those of the status filter.")]
    presets: Annotated[list[ShownPreset], Field(description="Periods of the date filters.")]
    default_sort: Annotated[str, Field(description="The `sort` that applies unless given.")]
    has_blocked_by: Annotated[bool, Field(description="Whether `blocked_by` is accepted.")]
    time_zone: Annotated[str, Field(description="IANA time zone of local dates.")]


class Titles(TypedDict):
    """Titles of codes in the requested language."""

    titles: Annotated[
        dict[str, dict[str, str]], Field(description="Titles by code, by kind of code.")
    ]
    time_zone: Annotated[str, Field(description="IANA time zone of local dates.")]


def descriptions_api(*, zone: ZoneInfo, clock: Callable[[], datetime]) -> APIRouter:
    router = APIRouter(prefix="/query/v1", tags=["lists"])

    @router.get(
        "/lists/{name}",
        dependencies=[Depends(requires(Permission.LISTS_READ))],
        responses=json_body(ListDescription),
    )
    async def describe_list(name: ListName, request: Request) -> Response:
        language = preferred_language(request.headers)
        today = clock().astimezone(zone).date()
        body = describe(LISTS[name], language, today=today, zone=zone)
        return json_response(body, headers=_language_headers(language))

    @router.get(
        "/titles",
        dependencies=[Depends(requires(Permission.OWN_SESSIONS))],
        responses=json_body(Titles),
    )
    async def list_titles(request: Request) -> Response:
        """Of statuses, reasons, kinds of documents and the other codes of the service."""
        language = preferred_language(request.headers)
        body: Titles = {
            "titles": {context.value: dict(labels(context, language)) for context in CODES},
            "time_zone": zone.key,
        }
        return json_response(body, headers=_language_headers(language))

    return router


def describe(
    people_list: PeopleList, language: Language, *, today: date, zone: ZoneInfo
) -> ListDescription:
    return {
        "name": people_list.name,
        "title": people_list.title(language),
        "columns": [_shown_column(column, language) for column in people_list.columns],
        "statuses": [
            {"code": status, "title": label(TextContext.STATUS, status, language)}
            for status in people_list.statuses
        ],
        "presets": [_shown_preset(preset, language, today) for preset in Preset],
        "default_sort": people_list.default_sort,
        "has_blocked_by": Kind.PRE_CUSTOMER in people_list.kinds,
        "time_zone": zone.key,
    }


def _shown_column(column: Column, language: Language) -> ShownColumn:
    return {
        "name": column.name,
        "label": column.label(language),
        "type": column.type,
        "group": column.group,
        "sortable": column.sort_field is not None,
    }


def _shown_preset(preset: Preset, language: Language, today: date) -> ShownPreset:
    first, last = preset_dates(preset, today)
    title = label(TextContext.PERIOD, preset, language)
    return {"code": preset, "title": title, "date_from": first, "date_to": last}


def _language_headers(language: Language) -> dict[str, str]:
    return {"Content-Language": language, "Vary": "Accept-Language"}
