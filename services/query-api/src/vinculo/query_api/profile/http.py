"""Profiles, their changes, timelines and a person's own view over HTTP.

Views by staff are audited.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import may_refuse
from vinculo.httpapi.catalogue import preferred_language
from vinculo.messaging import rfc3339
from vinculo.query_api.audit_log import AuditAction, AuditLog
from vinculo.query_api.cursors import CursorCodec, CursorInvalid
from vinculo.query_api.filter_errors import PERIOD_CODES, FilterInvalid
from vinculo.query_api.http_responses import AsOf, NextCursor, json_body, json_response
from vinculo.query_api.periods import LocalDate, ordered_local_dates
from vinculo.query_api.profile.as_of import POINT_REFUSALS, Point, PointText, parse_point
from vinculo.query_api.profile.changes import Change
from vinculo.query_api.profile.event_descriptions import Category
from vinculo.query_api.profile.profile import (
    CustomerUnknown,
    PersonErased,
    PersonUnknown,
    Profile,
    listed_person,
)
from vinculo.query_api.profile.queries import (
    PastProfile,
    PersonNotListedYet,
    PointsReversed,
    ProfileQueries,
)
from vinculo.query_api.profile.self_view import SelfView, self_view
from vinculo.query_api.profile.timeline import (
    DescribedEvent,
    ShownEntry,
    described_entry,
    read_timeline_page,
)
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.read_your_writes import POSITION_REFUSALS, MinPosition, PositionWaiter
from vinculo.translation import Language

Viewer = Annotated[Principal, Depends(requires(Permission.PROFILE_READ))]
Self = Annotated[Principal, Depends(requires(Permission.OWN_APPLICATION))]


class TimelineParameters(BaseModel):
    """No category stands for all; dates are local and both inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    category: Annotated[tuple[Category, ...], Field(max_length=len(Category))] = ()
    at_from: LocalDate | None = None
    at_to: LocalDate | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 100
    cursor: Annotated[str | None, Field(max_length=2000)] = None
    min_position: MinPosition | None = None


class ChangesParameters(BaseModel):
    """Points are moments or events; without `to` the second point is now."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Annotated[PointText, Field(alias="from")]
    until: Annotated[PointText | None, Field(alias="to")] = None
    min_position: MinPosition | None = None


class CurrentProfile(Profile):
    """The profile of a person as it is now."""

    as_of: AsOf


class TimelinePage(TypedDict):
    """Events about a person, the newest first."""

    items: Annotated[list[ShownEntry], Field(description="The entries of this page.")]
    next_cursor: NextCursor


class ShownChange(TypedDict):
    """A field of the profile that differs between the two points."""

    field: Annotated[str, Field(description="Path of the field in the profile.")]
    before: Annotated[object, Field(description="Its value at the first point; null for none.")]
    after: Annotated[object, Field(description="Its value at the second point; null for none.")]
    events: Annotated[
        list[UUID], Field(description="Ids of the events that changed it, in their order.")
    ]


class Changes(TypedDict):
    changes: Annotated[list[ShownChange], Field(description="By the path of the field.")]
    events: Annotated[
        list[DescribedEvent], Field(description="The events of all changes, the newest first.")
    ]


_Points = TypedDict(
    "_Points",
    {
        "from": Annotated[datetime | UUID, Field(description="The first point.")],
        "to": Annotated[datetime | UUID, Field(description="The second point.")],
    },
)


class ProfileChanges(Changes, _Points):
    """What changed in a profile between two points, each a moment or an event."""


class ShownSelfView(SelfView):
    as_of: AsOf


def profile_api(
    read_model: ReadModel,
    waiter: PositionWaiter,
    cursors: CursorCodec,
    audit: AuditLog,
    *,
    profiles: ProfileQueries,
    zone: ZoneInfo,
) -> APIRouter:
    router = APIRouter(prefix="/query/v1", tags=["profile"])

    @router.get("/people/{person_id}", responses=json_body(CurrentProfile | PastProfile))
    @may_refuse(
        PersonUnknown, PersonErased, PersonNotListedYet, *POINT_REFUSALS, *POSITION_REFUSALS
    )
    async def show_profile(
        person_id: UUID,
        viewer: Viewer,
        as_of: Annotated[PointText | None, Query()] = None,
        min_position: Annotated[MinPosition | None, Query()] = None,
    ) -> Response:
        """As it is now, or as it was at a moment or at an event of the person's timeline."""
        point = None if as_of is None else parse_point(as_of, profiles.clock())
        await waiter.wait_for(min_position)
        collections = await read_model.collections()
        freshness = await read_model.freshness(collections)
        body: CurrentProfile | PastProfile
        if point is None:
            profile = await profiles.current(collections, person_id, viewer)
            body = {**profile, "as_of": freshness.as_of}
            headers = {"ETag": f'"{profile["version"]}"'}
        else:
            body = await profiles.as_of(collections, person_id, viewer, point)
            headers = {}
        facts = {} if point is None else {"as_of": _audited_point(point)}
        await audit.record(
            AuditAction.PROFILE_VIEWED, by=viewer.subject, person_id=person_id, facts=facts
        )
        return json_response(body, freshness=freshness, headers=headers)

    @router.get("/people/{person_id}/timeline", responses=json_body(TimelinePage))
    @may_refuse(
        PersonUnknown,
        PersonErased,
        FilterInvalid,
        CursorInvalid,
        *POSITION_REFUSALS,
        field_codes=PERIOD_CODES,
    )
    async def show_timeline(
        request: Request,
        person_id: UUID,
        viewer: Viewer,
        parameters: Annotated[TimelineParameters, Query()],
    ) -> Response:
        language = preferred_language(request.headers)
        first, last = parameters.at_from, parameters.at_to
        period = ordered_local_dates(first, last, zone, first_field="at_from")
        await waiter.wait_for(parameters.min_position)
        collections = await read_model.collections()
        person = await listed_person(collections.people, person_id)
        categories = sorted(set(parameters.category))
        query = f"timeline {person_id} {categories} {first} {last}".encode()
        cursor = cursors.decode(parameters.cursor, query) if parameters.cursor else None
        items, following = await read_timeline_page(
            collections.events,
            person,
            limit=parameters.limit,
            cursor=cursor,
            categories=categories,
            period=period,
            language=language,
        )
        await audit.record(AuditAction.TIMELINE_VIEWED, by=viewer.subject, person_id=person_id)
        page: TimelinePage = {
            "items": items,
            "next_cursor": cursors.encode(following, query) if following else None,
        }
        return json_response(
            page,
            freshness=await read_model.freshness(collections),
            headers=_language_headers(language),
        )

    @router.get(
        "/customers/{customer_id}",
        status_code=307,
        response_class=RedirectResponse,
        dependencies=[Depends(requires(Permission.PROFILE_READ))],
    )
    @may_refuse(CustomerUnknown)
    async def find_customer(customer_id: UUID) -> Response:
        collections = await read_model.collections()
        person = await collections.people.find_one({"customer_id": customer_id}, {"_id": 1})
        if person is None:
            raise CustomerUnknown
        return RedirectResponse(f"/query/v1/people/{person['_id']}")

    @router.get("/people/{person_id}/changes", responses=json_body(ProfileChanges))
    @may_refuse(
        PersonUnknown,
        PersonErased,
        PersonNotListedYet,
        PointsReversed,
        *POINT_REFUSALS,
        *POSITION_REFUSALS,
    )
    async def show_changes(
        request: Request,
        person_id: UUID,
        viewer: Viewer,
        parameters: Annotated[ChangesParameters, Query()],
    ) -> Response:
        language, now = preferred_language(request.headers), profiles.clock()
        since = parse_point(parameters.since, now)
        until = now if parameters.until is None else parse_point(parameters.until, now)
        await waiter.wait_for(parameters.min_position)
        collections = await read_model.collections()
        freshness = await read_model.freshness(collections)
        changes = await profiles.changes(collections, person_id, viewer, since=since, until=until)
        await audit.record(
            AuditAction.CHANGES_VIEWED,
            by=viewer.subject,
            person_id=person_id,
            facts={"from": _audited_point(since), "to": _audited_point(until)},
        )
        body: ProfileChanges = {"from": since, "to": until, **_changes_body(changes, language)}
        return json_response(
            body,
            freshness=freshness,
            headers=_language_headers(language),
        )

    return router


def _audited_point(point: Point) -> str:
    """A moment as in RFC 3339, or the id of an event."""
    return rfc3339(point) if isinstance(point, datetime) else str(point)


def self_view_api(read_model: ReadModel, waiter: PositionWaiter) -> APIRouter:
    router = APIRouter(prefix="/query/v1", tags=["me"])

    @router.get("/me", responses=json_body(ShownSelfView))
    @may_refuse(PersonUnknown, PersonErased, *POSITION_REFUSALS)
    async def show_own_view(
        request: Request,
        person: Self,
        min_position: Annotated[MinPosition | None, Query()] = None,
    ) -> Response:
        """Whose it is stands in the token."""
        language = preferred_language(request.headers)
        await waiter.wait_for(min_position, only_of=person.subject)
        collections = await read_model.collections()
        document = await listed_person(collections.people, person.subject)
        freshness = await read_model.freshness(collections)
        body: ShownSelfView = {**self_view(document, language), "as_of": freshness.as_of}
        return json_response(
            body,
            freshness=freshness,
            headers=_language_headers(language),
        )

    return router


def _language_headers(language: Language) -> dict[str, str]:
    return {"Content-Language": language, "Vary": "Accept-Language"}


def _changes_body(changes: list[Change], language: Language) -> Changes:
    """Each event once, the newest first; a field names those that changed it, in their order."""
    events = {event["_id"]: event for change in changes for event in change.events}
    newest_first = sorted(events.values(), key=lambda e: (e["time"], e["_id"]), reverse=True)
    return {
        "changes": [
            {
                "field": change.field,
                "before": change.before,
                "after": change.after,
                "events": [event["_id"] for event in change.events],
            }
            for change in changes
        ],
        "events": [described_entry(event, language) for event in newest_first],
    }
