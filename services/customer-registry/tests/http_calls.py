"""The registry over ASGI, and who calls it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI

from vinculo.access import Role, TokenVerifier
from vinculo.customer_registry.http.internal_users import internal_users_api
from vinculo.customer_registry.http.problems import MESSAGES, REFUSALS
from vinculo.customer_registry.http.registry import registry_api
from vinculo.httpapi import Idempotency, PostgresIdempotencyStore, service_app

from .registry_harness import RegistryUnderTest

ISSUER = "https://credito.example"
KEY = ec.generate_private_key(ec.SECP256R1())
OPERATOR, ADMIN = UUID(int=71), UUID(int=72)


def app_of(registry: RegistryUnderTest) -> FastAPI:
    idempotency = Idempotency(PostgresIdempotencyStore(registry.registry.store.engine), b"h" * 32)
    app = service_app(
        "customer-registry",
        [
            registry_api(registry.registry, idempotency),
            internal_users_api(registry.registry, idempotency),
        ],
        readiness={},
        refusals=REFUSALS,
        catalogue=MESSAGES,
    )
    app.state.token_verifier = TokenVerifier(ISSUER, keys={"test": KEY.public_key()})
    return app


@asynccontextmanager
async def calling(app: FastAPI) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as client:
        yield client


def as_(role: Role, subject: UUID = OPERATOR, **headers: Any) -> dict[str, str]:
    """Give the headers of a caller with the role."""
    now = datetime.now(UTC)
    claims = {
        "iss": ISSUER,
        "aud": "vinculo",
        "sub": str(subject),
        "jti": str(uuid4()),
        "iat": now,
        "exp": now + timedelta(days=1),
        "roles": [role.value],
    }
    token = jwt.encode(claims, KEY, algorithm="ES256", headers={"kid": "test"})
    others = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return {"authorization": f"Bearer {token}", **others}


def slug(response: httpx2.Response) -> str:
    assert response.headers["content-type"] == "application/problem+json"
    return str(response.json()["type"]).removeprefix("urn:vinculo:problem:")
