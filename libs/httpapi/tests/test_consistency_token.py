"""The consistency token: its encoding, and which responses have it."""

import base64
from collections.abc import AsyncIterator
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from fastapi import APIRouter, FastAPI, Request
from hypothesis import given
from hypothesis import strategies as st

from vinculo.events import uuid7
from vinculo.eventstore import InMemoryEventStore, NewEvent
from vinculo.httpapi import Problem, encode_position, parse_position, service_app
from vinculo.httpapi.consistency_token import MAX_POSITION_LENGTH

from .api_under_test import caller

ANA = UUID(int=1)
SIGNED_IN = {"x-actor": str(ANA)}
STREAM = "promotion-policy-0193f5a0-0001-7000-8000-000000000001"


@pytest.mark.parametrize("version", [0, 1, 2**63 - 1])
def test_a_token_is_parsed_to_its_stream_and_version(version: int) -> None:
    position = encode_position(STREAM, version)

    assert parse_position(position) == (STREAM, version)
    assert len(position) <= MAX_POSITION_LENGTH


@pytest.mark.parametrize("plain", ["", "@", "a", "a@", "@1", "a@-1", "a@x", f"a@{2**63}", "é@1"])
def test_a_text_without_a_stream_and_version_is_no_token(plain: str) -> None:
    assert parse_position(base64.urlsafe_b64encode(plain.encode()).decode()) is None


@given(text=st.text())
def test_any_text_is_a_token_or_none(text: str) -> None:
    found = parse_position(text)

    assert found is None or found[1] >= 0


def talks_app() -> FastAPI:
    store = InMemoryEventStore()
    router = APIRouter(prefix="/talks/v1")

    def sign_in(request: Request) -> None:
        request.state.actor = request.headers.get("x-actor")

    @router.post("/talks/{name}", status_code=201)
    async def append(name: str, request: Request) -> int:
        sign_in(request)
        stream = f"talk-{name}"
        event = NewEvent(event_id=uuid7(), type="said.v1", data={})
        version = len(await store.read(stream))
        return await store.append(stream, subject=ANA, expected_version=version, events=[event])

    @router.get("/talks/{name}")
    async def read(name: str, request: Request) -> int:
        sign_in(request)
        version = len(await store.read(f"talk-{name}"))
        if version > 1:
            raise Problem(409, "stream-changed")
        return version

    return service_app("talks", [router], readiness={})


@pytest_asyncio.fixture
async def talks() -> AsyncIterator[httpx2.AsyncClient]:
    async with caller(talks_app()) as client:
        yield client


async def test_commands_and_reads_respond_with_the_position_of_their_stream(
    talks: httpx2.AsyncClient,
) -> None:
    appended = await talks.post("/talks/v1/talks/a", headers=SIGNED_IN)
    read = await talks.get("/talks/v1/talks/a", headers=SIGNED_IN)

    assert appended.headers["vinculo-position"] == encode_position("talk-a", 1)
    assert read.headers["vinculo-position"] == encode_position("talk-a", 1)


async def test_a_caller_who_is_not_signed_in_gets_no_position(talks: httpx2.AsyncClient) -> None:
    response = await talks.post("/talks/v1/talks/a")

    assert response.status_code == 201
    assert "vinculo-position" not in response.headers


async def test_responses_without_a_stream_and_refusals_have_no_position(
    talks: httpx2.AsyncClient,
) -> None:
    for _ in range(2):
        await talks.post("/talks/v1/talks/b", headers=SIGNED_IN)

    for name in ("empty", "b"):
        response = await talks.get(f"/talks/v1/talks/{name}", headers=SIGNED_IN)
        assert "vinculo-position" not in response.headers
