"""A small service for the tests of the library, and its clients."""

from collections.abc import Mapping
from typing import Annotated, Any

import httpx2
from fastapi import APIRouter, FastAPI, Query, Request
from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from vinculo.events import VersionConflict
from vinculo.httpapi import (
    FieldError,
    Problem,
    ProblemType,
    UntranslatedError,
    accepts_headers,
    current_meta,
    if_match,
    may_refuse,
    responds_with,
    service_app,
)
from vinculo.httpapi.headers import IF_MATCH, OPTIONAL_IF_MATCH
from vinculo.translation import Catalogue

MESSAGES = Catalogue(
    {
        "es": {
            ("problem", "thing-taken"): "Ya está tomado",
            ("field-error", "colour-ugly"): "Ese color no",
            ("field-error", "too-many-tags"): "Máximo {most}",
        },
        "en": {
            ("problem", "thing-taken"): "It is taken",
            ("field-error", "colour-ugly"): "Not that colour",
            ("field-error", "too-many-tags"): "At most {most}",
        },
    }
)


class ThingTaken(Exception):
    pass


class StepsMissing(Exception):
    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


class Thing(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=2, max_length=20)
    count: int = Field(ge=0, le=1_000_000)
    tags: list[str] = Field(default=[], max_length=3)
    colour: str | None = None

    @field_validator("colour")
    @classmethod
    def _not_ugly(cls, colour: str | None) -> str | None:
        if colour == "beige":
            raise PydanticCustomError("colour-ugly", "not that colour")
        return colour


class StoredThing(BaseModel):
    thing_id: str
    limit: int | None = None
    version: int | None = None


class MetaAnswer(BaseModel):
    correlation_id: str | None
    traceparent: str | None


LINK_EXPIRED = ProblemType(
    410,
    "link-expired",
    members={"sent": {"type": "boolean"}},
    errors=True,
    retry_after=True,
)


def things_api() -> APIRouter:
    router = APIRouter(prefix="/things/v1")

    @router.post("/things", status_code=201)
    @may_refuse(field_codes={"colour-ugly"})
    async def make(thing: Thing) -> Thing:
        return thing

    @router.get("/things/{thing_id}")
    async def read(thing_id: str, limit: Annotated[int, Query(le=100)] = 10) -> StoredThing:
        return StoredThing(thing_id=thing_id, limit=limit)

    @router.delete("/things/{thing_id}", status_code=204)
    async def drop(thing_id: str) -> None:
        del thing_id

    @router.post("/things/{thing_id}/changes")
    @accepts_headers(IF_MATCH)
    async def change(thing_id: str, request: Request) -> StoredThing:
        return StoredThing(thing_id=thing_id, version=if_match(request))

    @router.post("/conflicts", status_code=204)
    @accepts_headers(OPTIONAL_IF_MATCH)
    async def conflict() -> None:
        raise VersionConflict("thing-1", 3, 4)

    @router.post("/refusals/{kind}", status_code=204)
    @may_refuse(ThingTaken, StepsMissing)
    async def refuse(kind: str) -> None:
        raise {"taken": ThingTaken(), "steps": StepsMissing(["email", "documents"])}[kind]

    @router.get("/problems", status_code=204)
    @may_refuse(LINK_EXPIRED, field_codes={"expired", "too-many-tags"})
    async def problem() -> None:
        raise Problem(
            410,
            "link-expired",
            detail="A new one was sent.",
            errors=[
                FieldError("link_id", "expired", "Venció"),
                UntranslatedError("tags", "too-many-tags", {"most": 3}),
            ],
            headers={"retry-after": "1"},
            extensions={"sent": True, "status": 200},
        )

    @router.get("/failures", status_code=204)
    async def fail() -> None:
        raise RuntimeError("canary-of-a-secret")

    @router.get("/meta")
    async def meta(request: Request) -> MetaAnswer:
        context = current_meta(request)
        return MetaAnswer(correlation_id=context.correlation_id, traceparent=context.traceparent)

    return router


@responds_with(
    ProblemType(409, "steps-missing", members={"missing": {"type": "array", "items": {}}})
)
def steps_missing(refusal: StepsMissing) -> Problem:
    return Problem(409, "steps-missing", extensions={"missing": refusal.missing})


def things_app(**options: Any) -> FastAPI:
    return service_app(
        "things",
        [things_api()],
        readiness=options.pop("readiness", {}),
        catalogue=MESSAGES,
        refusals={ThingTaken: (409, "thing-taken"), StepsMissing: steps_missing},
        examples={
            "name": "lamp",
            "tags": ["red"],
            "colour": "red",
            "thing_id": "thing-1",
            "correlation_id": "c-1",
            "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        },
        **options,
    )


def caller(app: FastAPI, headers: Mapping[str, str] | None = None) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url="http://things.test",
        headers=headers or {"accept-language": "en"},
    )


def problem_of(response: httpx2.Response) -> dict[str, Any]:
    """The body of a problem response, which has all required members."""
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == response.status_code
    assert problem["type"].startswith("urn:vinculo:problem:")
    assert problem["title"]
    assert len(problem["trace_id"]) == 32
    return problem
