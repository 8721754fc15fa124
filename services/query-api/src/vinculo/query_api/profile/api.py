"""Profile and timeline over HTTP; every view of a profile is recorded."""

from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import Problem
from vinculo.httpapi.languages import preferred_language
from vinculo.query_api.audit import AuditTrail
from vinculo.query_api.json_answers import json_answer
from vinculo.query_api.lists.cursor import Cursors
from vinculo.query_api.lists.dates import local_dates
from vinculo.query_api.lists.filters import ListedDate
from vinculo.query_api.lists.refusals import refusal
from vinculo.query_api.profile.listed import listed_person
from vinculo.query_api.profile.points import AskedPoint, point_of
from vinculo.query_api.profile.reading import Profiles
from vinculo.query_api.profile.timeline import read_timeline
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.waiting import MinPosition, Waiting
from vinculo.query_api.words.phrases import Category

Viewer = Annotated[Principal, Depends(requires(Permission.PROFILE_READ))]


class TimelineParameters(BaseModel):
    """No category means all of them; dates are local and both ends inclusive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    category: Annotated[tuple[Category, ...], Field(max_length=len(Category))] = ()
    at_from: ListedDate | None = None
    at_to: ListedDate | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 100
    cursor: Annotated[str | None, Field(max_length=2000)] = None
    min_position: MinPosition | None = None


def profile_api(
    read_model: ReadModel,
    waiting: Waiting,
    cursors: Cursors,
    audit: AuditTrail,
    *,
    profiles: Profiles,
    zone: ZoneInfo,
) -> APIRouter:
    router = APIRouter(prefix="/query/v1", tags=["profile"])

    @router.get("/people/{person_id}")
    async def show_profile(
        person_id: UUID,
        viewer: Viewer,
        as_of: Annotated[AskedPoint | None, Query()] = None,
        min_position: Annotated[MinPosition | None, Query()] = None,
    ) -> Response:
        """As it is now, or as it was at a moment or at an event of the person's timeline."""
        point = None if as_of is None else point_of(as_of, profiles.clock())
        await waiting.shown(min_position)
        collections = await read_model.collections()
        freshness = await read_model.freshness(collections)
        if point is None:
            shown = await profiles.now(collections, person_id, viewer)
            headers = {"ETag": f'"{shown["version"]}"'}
            shown["as_of"] = freshness.as_of
        else:
            shown = await profiles.then(collections, person_id, viewer, point)
            headers = {}
        facts = {} if point is None else {"as_of": str(point)}
        await audit.record("profile-viewed", by=viewer.subject, person_id=person_id, facts=facts)
        return json_answer(shown, freshness=freshness, headers=headers)

    @router.get("/people/{person_id}/timeline")
    async def show_timeline(
        request: Request,
        person_id: UUID,
        viewer: Viewer,
        asked: Annotated[TimelineParameters, Query()],
    ) -> Response:
        language = preferred_language(request.headers)
        if asked.at_from is not None and asked.at_to is not None and asked.at_from > asked.at_to:
            raise Problem(
                422, "filter-invalid", errors=[refusal("at_from", "dates_reversed", language)]
            )
        await waiting.shown(asked.min_position)
        collections = await read_model.collections()
        await listed_person(collections.people, person_id)
        chosen = sorted(set(asked.category))
        period = local_dates(asked.at_from, asked.at_to, zone)
        query = f"timeline {person_id} {chosen} {asked.at_from} {asked.at_to}".encode()
        items, older = await read_timeline(
            collections.events,
            person_id,
            limit=asked.limit,
            cursor=cursors.read(asked.cursor, query, language) if asked.cursor else None,
            categories=chosen,
            period=period,
            language=language,
        )
        await audit.record("timeline-viewed", by=viewer.subject, person_id=person_id)
        return json_answer(
            {"items": items, "next_cursor": cursors.write(older, query) if older else None},
            freshness=await read_model.freshness(collections),
            headers={"Content-Language": language, "Vary": "Accept-Language"},
        )

    @router.get(
        "/customers/{customer_id}",
        status_code=307,
        response_class=RedirectResponse,
        dependencies=[Depends(requires(Permission.PROFILE_READ))],
    )
    async def find_customer(customer_id: UUID) -> Response:
        collections = await read_model.collections()
        person = await collections.people.find_one({"customer_id": customer_id}, {"_id": 1})
        if person is None:
            raise Problem(404, "person-unknown")
        return RedirectResponse(f"/query/v1/people/{person['_id']}")

    return router
