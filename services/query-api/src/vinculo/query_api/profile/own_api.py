"""`GET me`: what a person sees of themselves, and of nobody else."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from vinculo.access import Permission, Principal, requires
from vinculo.httpapi.languages import preferred_language
from vinculo.query_api.json_answers import json_answer
from vinculo.query_api.profile.listed import listed_person
from vinculo.query_api.profile.own import own_view
from vinculo.query_api.read_model import ReadModel
from vinculo.query_api.waiting import MinPosition, Waiting

Self = Annotated[Principal, Depends(requires(Permission.OWN_APPLICATION))]


def own_api(read_model: ReadModel, waiting: Waiting) -> APIRouter:
    router = APIRouter(prefix="/query/v1", tags=["me"])

    @router.get("/me")
    async def show_own_view(
        request: Request,
        person: Self,
        min_position: Annotated[MinPosition | None, Query()] = None,
    ) -> Response:
        """Whose it is stands in the token."""
        language = preferred_language(request.headers)
        await waiting.shown(min_position, only_of=person.subject)
        collections = await read_model.collections()
        document = await listed_person(collections.people, person.subject)
        freshness = await read_model.freshness(collections)
        return json_answer(
            {**own_view(document, language), "as_of": freshness.as_of},
            freshness=freshness,
            headers={"Content-Language": language, "Vary": "Accept-Language"},
        )

    return router
