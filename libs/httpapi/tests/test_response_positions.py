"""Every answer to somebody signed in tells how far the stream stands that it is about."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx2
import pytest_asyncio
from fastapi import APIRouter, FastAPI, Request

from vinculo.events import uuid7
from vinculo.eventstore import InMemoryEventStore, NewEvent
from vinculo.httpapi import Problem, encode_position, service_app

from .api_under_test import caller

ANA = UUID(int=1)
SIGNED_IN = {"x-actor": str(ANA)}


def talks_app() -> FastAPI:
    store = InMemoryEventStore()
    router = APIRouter(prefix="/talks/v1")

    def sign_in(request: Request) -> None:
        request.state.actor = request.headers.get("x-actor")

    @router.post("/talks/{name}", status_code=201)
    async def say(name: str, request: Request) -> int:
        sign_in(request)
        stream = f"talk-{name}"
        said = NewEvent(event_id=uuid7(), type="said.v1", data={})
        version = len(await store.read(stream))
        return await store.append(stream, subject=ANA, expected_version=version, events=[said])

    @router.get("/talks/{name}")
    async def read(name: str, request: Request) -> int:
        sign_in(request)
        found = len(await store.read(f"talk-{name}"))
        if found > 1:
            raise Problem(409, "stream-changed")
        return found

    return service_app("talks", [router], readiness={})


@pytest_asyncio.fixture
async def talks() -> AsyncIterator[httpx2.AsyncClient]:
    async with caller(talks_app()) as client:
        yield client


async def test_a_command_tells_the_version_it_led_to_and_a_read_the_one_it_saw(
    talks: httpx2.AsyncClient,
) -> None:
    said = await talks.post("/talks/v1/talks/a", headers=SIGNED_IN)
    read = await talks.get("/talks/v1/talks/a", headers=SIGNED_IN)

    assert said.headers["vinculo-position"] == encode_position("talk-a", 1)
    assert read.headers["vinculo-position"] == encode_position("talk-a", 1)


async def test_who_is_not_signed_in_is_told_nothing(talks: httpx2.AsyncClient) -> None:
    said = await talks.post("/talks/v1/talks/a")

    assert said.status_code == 201
    assert "vinculo-position" not in said.headers


async def test_what_is_about_no_stream_or_refused_tells_no_position(
    talks: httpx2.AsyncClient,
) -> None:
    for _ in range(2):
        await talks.post("/talks/v1/talks/b", headers=SIGNED_IN)

    for name in ("empty", "b"):
        answer = await talks.get(f"/talks/v1/talks/{name}", headers=SIGNED_IN)
        assert "vinculo-position" not in answer.headers
