"""Profile and timeline over HTTP; every view of a profile is recorded."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi import Problem
from vinculo.query_api.audit import AuditTrail
from vinculo.query_api.json_answers import json_answer
from vinculo.query_api.lists.cursor import Cursors
from vinculo.query_api.mongo import Collection
from vinculo.query_api.payer_names import payer_names
from vinculo.query_api.profile.person import profile
from vinculo.query_api.profile.timeline import read_timeline
from vinculo.query_api.read_model import ReadModel

Viewer = Annotated[Principal, Depends(requires(Permission.PROFILE_READ))]


def profile_api(read_model: ReadModel, cursors: Cursors, audit: AuditTrail) -> APIRouter:
    router = APIRouter(prefix="/query/v1", tags=["profile"])

    @router.get("/people/{person_id}")
    async def show_profile(person_id: UUID, viewer: Viewer) -> Response:
        collections = await read_model.collections()
        person = await _listed(collections.people, person_id)
        payers = await payer_names(collections.payers, [person])
        await audit.record("profile-viewed", by=viewer.subject, person_id=person_id)
        return json_answer(
            profile(
                person,
                payer=payers.get(person["payer_id"]) if person.get("payer_id") else None,
                with_salary=viewer.may(Permission.SALARY_READ),
            ),
            freshness=await read_model.freshness(collections),
            headers={"ETag": f'"{person["registry"]["version"]}"'},
        )

    @router.get("/people/{person_id}/timeline")
    async def show_timeline(
        person_id: UUID,
        viewer: Viewer,
        limit: Annotated[int, Query(ge=1, le=200)] = 100,
        cursor: Annotated[str | None, Query(max_length=2000)] = None,
    ) -> Response:
        collections = await read_model.collections()
        await _listed(collections.people, person_id)
        query = b"timeline" + person_id.bytes
        items, older = await read_timeline(
            collections.events,
            person_id,
            limit=limit,
            cursor=cursors.read(cursor, query) if cursor else None,
        )
        await audit.record("timeline-viewed", by=viewer.subject, person_id=person_id)
        return json_answer(
            {"items": items, "next_cursor": cursors.write(older, query) if older else None},
            freshness=await read_model.freshness(collections),
        )

    @router.get(
        "/customers/{customer_id}", dependencies=[Depends(requires(Permission.PROFILE_READ))]
    )
    async def find_customer(customer_id: UUID) -> Response:
        collections = await read_model.collections()
        person = await collections.people.find_one({"customer_id": customer_id}, {"_id": 1})
        if person is None:
            raise Problem(404, "person-unknown")
        return Response(status_code=307, headers={"Location": f"/query/v1/people/{person['_id']}"})

    return router


async def _listed(
    people: Collection,
    person_id: UUID,
) -> dict[str, Any]:
    """Raises Problem 404 for who is unknown and 410 for who is erased."""
    person: dict[str, Any] | None = await people.find_one({"_id": person_id})
    if person is not None and person.get("erased_at") is not None:
        raise Problem(410, "person-erased")
    if person is None or person.get("kind") is None:
        raise Problem(404, "person-unknown")
    return person
