"""Profile and timeline over HTTP; every view of a profile is recorded."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict, Field

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import Problem
from vinculo.httpapi.languages import preferred_language
from vinculo.query_api.audit import AuditTrail
from vinculo.query_api.json_answers import json_answer
from vinculo.query_api.lists.cursor import Cursors
from vinculo.query_api.payer_names import payer_names
from vinculo.query_api.profile.listed import listed_person
from vinculo.query_api.profile.person import View, profile
from vinculo.query_api.profile.timeline import read_timeline
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.waiting import MinPosition, Waiting
from vinculo.query_api.words.phrases import Category

Viewer = Annotated[Principal, Depends(requires(Permission.PROFILE_READ))]


class TimelineParameters(BaseModel):
    """No category means all of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    category: Annotated[tuple[Category, ...], Field(max_length=len(Category))] = ()
    limit: Annotated[int, Field(ge=1, le=200)] = 100
    cursor: Annotated[str | None, Field(max_length=2000)] = None
    min_position: MinPosition | None = None


def profile_api(
    read_model: ReadModel,
    waiting: Waiting,
    cursors: Cursors,
    audit: AuditTrail,
    *,
    clock: Callable[[], datetime],
    stale_after: timedelta,
) -> APIRouter:
    """`stale_after` is the age from which evidence of income is stale."""
    router = APIRouter(prefix="/query/v1", tags=["profile"])

    @router.get("/people/{person_id}")
    async def show_profile(
        person_id: UUID,
        viewer: Viewer,
        min_position: Annotated[MinPosition | None, Query()] = None,
    ) -> Response:
        await waiting.shown(min_position)
        collections = await read_model.collections()
        person = await listed_person(collections.people, person_id)
        payers = await payer_names(collections.payers, [person])
        await audit.record("profile-viewed", by=viewer.subject, person_id=person_id)
        return json_answer(
            profile(
                person,
                View(
                    payer=payers.get(person["payer_id"]),
                    with_salary=viewer.may(Permission.SALARY_READ),
                    now=clock(),
                    stale_after=stale_after,
                ),
            ),
            freshness=await read_model.freshness(collections),
            headers={"ETag": f'"{person["registry"]["version"]}"'},
        )

    @router.get("/people/{person_id}/timeline")
    async def show_timeline(
        request: Request,
        person_id: UUID,
        viewer: Viewer,
        asked: Annotated[TimelineParameters, Query()],
    ) -> Response:
        language = preferred_language(request.headers)
        await waiting.shown(asked.min_position)
        collections = await read_model.collections()
        await listed_person(collections.people, person_id)
        chosen = sorted(set(asked.category))
        query = b"timeline" + person_id.bytes + ",".join(chosen).encode()
        items, older = await read_timeline(
            collections.events,
            person_id,
            limit=asked.limit,
            cursor=cursors.read(asked.cursor, query) if asked.cursor else None,
            categories=chosen,
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
