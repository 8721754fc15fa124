"""The registry over ASGI, and the headers of its callers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import httpx2
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI

from vinculo.access import Permission, Role, TokenVerifier
from vinculo.access.testing import access_token
from vinculo.customer_registry.application.dependencies import RegistryDependencies
from vinculo.customer_registry.http.examples import EXAMPLES
from vinculo.customer_registry.http.internal_users import internal_users_api
from vinculo.customer_registry.http.problems import REFUSALS
from vinculo.customer_registry.http.registry import registry_api
from vinculo.customer_registry.messages import MESSAGES
from vinculo.httpapi import Idempotency, PostgresIdempotencyStore, service_app

PEOPLE = "/registry/v1/people"
ISSUER = "https://credito.example"
KEY = ec.generate_private_key(ec.SECP256R1())
OPERATOR, ADMIN = UUID(int=71), UUID(int=72)
ROUTES = {
    "GET /registry/v1/people/{person_id}": Permission.PROFILE_READ,
    "GET /registry/v1/people/{person_id}/requirements": Permission.PROFILE_READ,
    "GET /registry/v1/people/{person_id}/status-changes": Permission.PROFILE_READ,
    "POST /registry/v1/people/{person_id}/status-changes": Permission.STATUS_CHANGE,
    "POST /registry/v1/people/{person_id}/erasures": Permission.ERASE,
    "POST /registry/v1/people/{person_id}/internal-user-grants": Permission.INTERNAL_USERS_WRITE,
    "DELETE /registry/v1/people/{person_id}/internal-user-grants": (
        Permission.INTERNAL_USERS_WRITE
    ),
    "GET /registry/v1/erasures/{erasure_id}": Permission.ERASE,
}
BODIES = {
    "POST /registry/v1/people/{person_id}/status-changes": {
        "status": "pending",
        "reason_code": "other",
    },
    "POST /registry/v1/people/{person_id}/erasures": {"reason_code": "incorrect"},
    "POST /registry/v1/people/{person_id}/internal-user-grants": {
        "role": "viewer",
        "reason_code": "joined_staff",
    },
}


def app_on(dependencies: RegistryDependencies) -> FastAPI:
    idempotency = Idempotency(PostgresIdempotencyStore(dependencies.store.engine), b"h" * 32)
    app = service_app(
        "customer-registry",
        [registry_api(dependencies, idempotency), internal_users_api(dependencies, idempotency)],
        readiness={},
        refusals=REFUSALS,
        catalogue=MESSAGES,
        examples=EXAMPLES,
    )
    app.state.token_verifier = TokenVerifier(ISSUER, keys={"test": KEY.public_key()})
    return app


@asynccontextmanager
async def client_of(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as client:
        yield client


def caller(role: Role, subject: UUID = OPERATOR, **headers: Any) -> dict[str, str]:
    """The headers of a request by a caller with the role."""
    token = access_token(KEY, "test", issuer=ISSUER, subject=subject, roles=[role])
    others = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return {"authorization": f"Bearer {token}", **others}


async def call(http: httpx2.AsyncClient, route: str, headers: dict[str, str]) -> httpx2.Response:
    """Call a route of `ROUTES` for a person or erasure that does not exist."""
    method, _, path = route.partition(" ")
    return await http.request(
        method,
        path.format(person_id=uuid4(), erasure_id=uuid4()),
        json=BODIES.get(route),
        params={"reason_code": "left_staff"} if method == "DELETE" else None,
        headers=headers,
    )


def problem_type(response: httpx2.Response) -> str:
    assert response.headers["content-type"] == "application/problem+json"
    return str(response.json()["type"]).removeprefix("urn:vinculo:problem:")
