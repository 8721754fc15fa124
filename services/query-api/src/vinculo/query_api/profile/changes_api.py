"""What changed in a profile between two points, over HTTP; looking at it is recorded."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi.languages import preferred_language
from vinculo.query_api.audit import AuditTrail
from vinculo.query_api.json_answers import json_answer
from vinculo.query_api.profile.changes import Change
from vinculo.query_api.profile.points import AskedPoint, point_of
from vinculo.query_api.profile.reading import Profiles
from vinculo.query_api.profile.timeline import told
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.waiting import MinPosition, Waiting
from vinculo.translation import Language


class ChangesParameters(BaseModel):
    """Each end is a moment or an event; without `to` it is now."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Annotated[AskedPoint, Field(alias="from")]
    until: Annotated[AskedPoint | None, Field(alias="to")] = None
    min_position: MinPosition | None = None


def changes_api(
    read_model: ReadModel, waiting: Waiting, audit: AuditTrail, profiles: Profiles
) -> APIRouter:
    router = APIRouter(prefix="/query/v1", tags=["profile"])

    @router.get("/people/{person_id}/changes")
    async def show_changes(
        request: Request,
        person_id: UUID,
        viewer: Annotated[Principal, Depends(requires(Permission.PROFILE_READ))],
        asked: Annotated[ChangesParameters, Query()],
    ) -> Response:
        language, now = preferred_language(request.headers), profiles.clock()
        since = point_of(asked.since, now)
        until = now if asked.until is None else point_of(asked.until, now)
        await waiting.shown(asked.min_position)
        collections = await read_model.collections()
        freshness = await read_model.freshness(collections)
        found = await profiles.changes(collections, person_id, viewer, since=since, until=until)
        await audit.record(
            "changes-viewed",
            by=viewer.subject,
            person_id=person_id,
            facts={"from": str(since), "to": str(until)},
        )
        return json_answer(
            {"from": since, "to": until, **_shown(found, language)},
            freshness=freshness,
            headers={"Content-Language": language, "Vary": "Accept-Language"},
        )

    return router


def _shown(changes: list[Change], language: Language) -> dict[str, Any]:
    """The events once, the newest first; each field names those that touched it, in their order."""
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
        "events": [told(event, language) for event in newest_first],
    }
