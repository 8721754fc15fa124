"""Idempotency keys on real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest
import pytest_asyncio
from alembic.migration import MigrationContext
from alembic.operations import Operations
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, SecretStr
from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from vinculo.eventstore import create_engine
from vinculo.httpapi import Idempotency, PostgresIdempotencyStore, Problem, service_app
from vinculo.httpapi.idempotency_store import create_idempotency_table, idempotency_keys
from vinculo.testing.fixture_types import NewDatabase

from .api_under_test import caller

pytestmark = pytest.mark.servers

HASH_KEY = bytes(range(32))
KEY = {"idempotency-key": "4f1c0a52-canary"}


async def create_table(url: str) -> None:
    def create(connection: Connection) -> None:
        create_idempotency_table(Operations(MigrationContext.configure(connection)))

    engine = create_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(create)
    await engine.dispose()


class Payer(BaseModel):
    name: str
    secret: SecretStr = SecretStr("")


class Register:
    """The effect of a route: it is counted, and can be made to wait, fail or crash."""

    def __init__(self) -> None:
        self.runs: list[UUID] = []
        self.effect: Callable[[], Awaitable[None]] = nothing

    async def __call__(self, payer_id: UUID) -> Response:
        self.runs.append(payer_id)
        await self.effect()
        return JSONResponse(
            {"payer_id": str(payer_id)}, 201, headers={"location": f"/payers/{payer_id}"}
        )


async def nothing() -> None:
    pass


@pytest_asyncio.fixture
async def engine(new_database: NewDatabase) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(await new_database(create_table, "idempotency"), pool_size=4)
    yield engine
    await engine.dispose()


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.fixture
def app(engine: AsyncEngine, register: Register) -> FastAPI:
    idempotency = Idempotency(PostgresIdempotencyStore(engine), HASH_KEY)
    router = APIRouter(prefix="/payers/v1")

    @router.post("/payers")
    @router.post("/others")
    async def make(payer: Payer, request: Request) -> Response:
        request.state.actor = request.headers.get("x-actor")
        payer_id = idempotency.idempotent_id(request, "payers")
        return await idempotency.run_once(request, "payers", payer, lambda: register(payer_id))

    return service_app("payers", [router], readiness={})


@pytest_asyncio.fixture
async def payers(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with caller(app) as client:
        yield client


async def post(
    payers: httpx2.AsyncClient,
    name: str = "a",
    path: str = "payers",
    headers: dict[str, str] | None = None,
    **more: Any,
) -> httpx2.Response:
    return await payers.post(
        f"/payers/v1/{path}", json={"name": name, **more}, headers=KEY | (headers or {})
    )


async def test_a_repeat_gets_the_first_response_and_has_no_effect(
    payers: httpx2.AsyncClient, register: Register
) -> None:
    first = await post(payers)
    second = await post(payers)

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second.headers["location"] == first.headers["location"]
    assert second.headers["content-type"] == first.headers["content-type"]
    assert "idempotency-replayed" not in first.headers
    assert second.headers["idempotency-replayed"] == "true"
    assert len(register.runs) == 1


async def test_without_a_key_every_request_runs(
    payers: httpx2.AsyncClient, register: Register
) -> None:
    for _ in range(2):
        await payers.post("/payers/v1/payers", json={"name": "a"})

    assert len(set(register.runs)) == 2


async def test_another_body_under_the_same_key_is_refused(
    payers: httpx2.AsyncClient, register: Register
) -> None:
    await post(payers, "a")

    refused = await post(payers, "b")

    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:vinculo:problem:idempotency-key-reused"
    assert len(register.runs) == 1


async def test_a_different_secret_is_a_different_body(payers: httpx2.AsyncClient) -> None:
    await post(payers, secret="one")

    assert (await post(payers, secret="two")).status_code == 422


@pytest.mark.parametrize(
    "other",
    [
        {"headers": {"idempotency-key": "another"}},
        {"headers": {"x-actor": "another"}},
        {"path": "others"},
    ],
)
async def test_another_key_caller_or_route_is_another_request(
    payers: httpx2.AsyncClient, register: Register, other: dict[str, Any]
) -> None:
    await post(payers)
    await post(payers, **other)

    assert len(set(register.runs)) == 2


async def test_a_repeat_during_the_first_request_must_wait(
    payers: httpx2.AsyncClient, register: Register
) -> None:
    started, may_continue = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        started.set()
        await may_continue.wait()

    register.effect = wait
    first = asyncio.create_task(post(payers))
    await started.wait()

    second = await post(payers)
    may_continue.set()

    assert second.status_code == 409
    assert second.json()["type"] == "urn:vinculo:problem:request-in-flight"
    assert second.headers["retry-after"] == "1"
    assert (await first).status_code == 201
    assert (await post(payers)).status_code == 201
    assert len(register.runs) == 1


async def test_fifty_simultaneous_requests_have_one_effect(
    payers: httpx2.AsyncClient, register: Register
) -> None:
    responses = await asyncio.gather(*(post(payers) for _ in range(50)))

    assert {response.status_code for response in responses} <= {201, 409}
    assert len({response.text for response in responses if response.status_code == 201}) == 1
    assert len(register.runs) == 1


async def test_many_different_requests_leave_connections_to_their_effects(
    payers: httpx2.AsyncClient, register: Register, engine: AsyncEngine
) -> None:
    async def use_a_connection() -> None:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT pg_sleep(0.01)"))

    register.effect = use_a_connection

    responses = await asyncio.wait_for(
        asyncio.gather(*(post(payers, headers={"idempotency-key": f"k{n}"}) for n in range(40))),
        timeout=30,
    )

    assert {response.status_code for response in responses} == {201}


async def test_a_refusal_is_not_saved(payers: httpx2.AsyncClient, register: Register) -> None:
    async def refuse() -> None:
        raise Problem(409, "payer-registered-already")

    register.effect = refuse
    assert (await post(payers)).status_code == 409

    register.effect = nothing
    assert (await post(payers)).status_code == 201


async def test_a_repeat_after_a_crash_runs_again_under_the_same_id(
    payers: httpx2.AsyncClient, register: Register
) -> None:
    async def crash() -> None:
        raise RuntimeError

    register.effect = crash
    assert (await post(payers)).status_code == 500

    register.effect = nothing
    assert (await post(payers)).status_code == 201
    first, second = register.runs
    assert first == second
    assert first.version == 8


async def test_after_a_crash_the_key_is_bound_to_its_body(
    payers: httpx2.AsyncClient, register: Register
) -> None:
    async def crash() -> None:
        raise RuntimeError

    register.effect = crash
    assert (await post(payers, "a")).status_code == 500

    register.effect = nothing
    refused = await post(payers, "b")
    assert refused.status_code == 422
    assert refused.json()["type"] == "urn:vinculo:problem:idempotency-key-reused"
    assert len(register.runs) == 1
    assert (await post(payers, "a")).status_code == 201


async def test_after_a_refusal_the_key_is_bound_to_its_body(
    payers: httpx2.AsyncClient, register: Register
) -> None:
    async def refuse() -> None:
        raise Problem(409, "payer-registered-already")

    register.effect = refuse
    assert (await post(payers, "a")).status_code == 409

    register.effect = nothing
    assert (await post(payers, "b")).status_code == 422


async def test_a_response_is_saved_for_a_day(
    payers: httpx2.AsyncClient, register: Register, engine: AsyncEngine
) -> None:
    await post(payers)
    async with engine.begin() as connection:
        lifetime = await connection.scalar(select(idempotency_keys.c.expires_at - func.now()))
        assert lifetime is not None
        assert timedelta(hours=23) < lifetime <= timedelta(hours=24)
        await connection.execute(update(idempotency_keys).values(expires_at=func.now()))

    assert (await post(payers, "another body")).status_code == 201
    assert len(register.runs) == 2


async def test_expired_responses_are_pruned_by_later_requests(
    payers: httpx2.AsyncClient, engine: AsyncEngine
) -> None:
    for number in range(5):
        await post(payers, headers={"idempotency-key": f"old{number}"})
    async with engine.begin() as connection:
        await connection.execute(update(idempotency_keys).values(expires_at=func.now()))

    await post(payers)

    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(idempotency_keys)) == 1


async def test_neither_keys_nor_bodies_are_in_the_database(
    payers: httpx2.AsyncClient, engine: AsyncEngine
) -> None:
    await post(payers, "canary", secret="canary")

    async with engine.connect() as connection:
        row = (await connection.execute(select(idempotency_keys))).one()
    assert "canary" not in repr(row)


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 256])
async def test_an_invalid_key_is_refused(payers: httpx2.AsyncClient, key: str) -> None:
    response = await post(payers, headers={"idempotency-key": key})

    assert response.status_code == 400
    assert response.json()["type"] == "urn:vinculo:problem:idempotency-key-invalid"


async def test_a_response_with_a_cookie_is_not_saved(engine: AsyncEngine) -> None:
    idempotency = Idempotency(PostgresIdempotencyStore(engine), HASH_KEY)
    request = Request(
        {
            "type": "http",
            "method": "POST",
            "path": "/sessions",
            "query_string": b"",
            "headers": [(b"idempotency-key", b"k"), (b"host", b"things.test")],
        }
    )

    async def sign_in() -> Response:
        response = Response()
        response.set_cookie("session", "canary")
        return response

    await idempotency.run_once(request, "sessions", b"{}", sign_in)

    async with engine.connect() as connection:
        row = (await connection.execute(select(idempotency_keys))).one()
    assert (row.status, row.headers, row.body) == (0, {}, b"")
