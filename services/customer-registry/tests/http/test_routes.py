"""What every route does before any query: permissions, validation and descriptions."""

from collections.abc import AsyncIterator
from uuid import uuid4

import httpx2
import pytest_asyncio
from fastapi import FastAPI

from vinculo.access import Role, guarded_routes, unguarded_routes
from vinculo.httpapi.testing import header_declaration_problems

from ..http_calls import PEOPLE, ROUTES, app_on, call, caller, client_of, problem_type
from ..registry_harness import dependencies_without_database

BAD_BODIES: tuple[dict[str, str], ...] = (
    {},
    {"status": "blocked"},
    {"status": "active", "reason_code": "other"},
    {"status": "blocked", "reason_code": "because"},
    {"status": "blocked", "reason_code": "other", "note": " "},
    {"status": "blocked", "reason_code": "other", "note": "x" * 2001},
    {"status": "blocked", "reason_code": "other", "kind": "customer"},
)


@pytest_asyncio.fixture(loop_scope="session")
async def app() -> FastAPI:
    return app_on(dependencies_without_database())


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    async with client_of(app) as client:
        yield client


async def test_an_invalid_body_is_refused_by_field(client: httpx2.AsyncClient) -> None:
    path = f"{PEOPLE}/{uuid4()}/status-changes"
    for body in BAD_BODIES:
        answer = await client.post(path, json=body, headers=caller(Role.OPERATOR, if_match=1))

        assert (answer.status_code, problem_type(answer)) == (422, "request-invalid"), body
        assert answer.json()["errors"]


async def test_every_route_requires_a_permission(app: FastAPI) -> None:
    assert unguarded_routes(app) == []
    assert guarded_routes(app) == {route: {needed} for route, needed in ROUTES.items()}


async def test_the_headers_that_routes_read_are_described(app: FastAPI) -> None:
    assert header_declaration_problems(app) == []


async def test_without_a_token_every_route_is_refused(client: httpx2.AsyncClient) -> None:
    for route in ROUTES:
        answer = await call(client, route, {})

        assert (answer.status_code, problem_type(answer)) == (401, "token-missing"), route
