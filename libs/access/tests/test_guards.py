"""Routes and the callers that are allowed, over ASGI."""

from typing import Annotated, Any

import httpx2
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request

from vinculo.access import (
    PERMISSIONS,
    KeysUnavailable,
    Permission,
    Principal,
    Role,
    TokenVerifier,
    guarded_routes,
    requires,
    unguarded_routes,
)
from vinculo.httpapi import current_meta, public, service_app

from .own_issuer import ISSUER, PERSON, Issuer

issuer = Issuer()


def guarded_api() -> APIRouter:
    router = APIRouter(prefix="/things/v1")
    for permission in Permission:
        router.add_api_route(f"/{permission}", who, dependencies=[Depends(requires(permission))])

    @router.get("/me")
    async def me(
        principal: Annotated[Principal, Depends(requires(Permission.OWN_APPLICATION))],
        request: Request,
    ) -> dict[str, Any]:
        return {"subject": principal.subject, "actor": current_meta(request).actor}

    @router.get("/open")
    @public
    async def anyone() -> dict[str, Any]:
        return {}

    return router


async def who() -> dict[str, Any]:
    return {}


def guarded_app(*more: APIRouter) -> FastAPI:
    app = service_app("things", [guarded_api(), *more], readiness={})
    app.state.token_verifier = TokenVerifier(
        ISSUER, keys={issuer.kid: issuer.private_key.public_key()}
    )
    return app


async def get(app: FastAPI, path: str, token: str | None = None, **headers: str) -> httpx2.Response:
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://things.test") as client:
        return await client.get(path, headers=headers)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("permission", Permission)
async def test_each_role_has_the_permissions_of_the_table(
    role: Role, permission: Permission
) -> None:
    response = await get(guarded_app(), f"/things/v1/{permission}", issuer.token(roles=[role]))

    assert response.status_code == (200 if permission in PERMISSIONS[role] else 403)


async def test_a_route_gets_its_caller_and_events_their_actor() -> None:
    response = await get(guarded_app(), "/things/v1/me", issuer.token(roles=["applicant"]))

    assert response.json() == {"subject": str(PERSON), "actor": str(PERSON)}


@pytest.mark.parametrize("authorization", ["", "Bearer", "Basic YTpi", "Token x"])
async def test_without_a_token_it_is_401(authorization: str) -> None:
    response = await get(guarded_app(), "/things/v1/me", authorization=authorization)

    assert response.status_code == 401
    assert response.json()["type"] == "urn:vinculo:problem:token-missing"
    assert response.headers["www-authenticate"] == "Bearer"


async def test_a_refused_token_is_401_without_a_reason() -> None:
    response = await get(guarded_app(), "/things/v1/me", issuer.token(aud="another"))

    assert response.status_code == 401
    assert response.json()["type"] == "urn:vinculo:problem:token-invalid"
    assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert "ud" not in response.json()


async def test_a_missing_permission_is_403() -> None:
    response = await get(guarded_app(), "/things/v1/erase", issuer.token(roles=["operator"]))

    assert response.status_code == 403
    assert response.json()["type"] == "urn:vinculo:problem:forbidden"


async def test_refused_is_called_with_refused_callers_only() -> None:
    refused: list[Principal] = []

    async def record(principal: Principal) -> None:
        refused.append(principal)

    router = APIRouter(prefix="/audited/v1")
    guard = requires(Permission.AUDIT_READ, on_refused=record)
    router.add_api_route("/audit", who, dependencies=[Depends(guard)])
    app = guarded_app(router)
    auditor = await get(app, "/audited/v1/audit", issuer.token(roles=["auditor"]))
    viewer = await get(app, "/audited/v1/audit", issuer.token(roles=["viewer"]))

    assert (auditor.status_code, viewer.status_code) == (200, 403)
    assert [principal.subject for principal in refused] == [PERSON]


async def test_the_permission_is_checked_before_the_parameters() -> None:
    router = APIRouter(prefix="/other/v1")

    @router.get("/numbers")
    async def numbers(
        number: int, _: Annotated[Principal, Depends(requires(Permission.ERASE))]
    ) -> int:
        return number

    response = await get(guarded_app(router), "/other/v1/numbers?number=x")

    assert response.status_code == 401


async def test_unavailable_keys_are_503() -> None:
    app = guarded_app()

    class Unavailable:
        async def verify(self, _: str) -> Principal:
            raise KeysUnavailable

    app.state.token_verifier = Unavailable()
    response = await get(app, "/things/v1/me", issuer.token())

    assert response.status_code == 503
    assert response.json()["type"] == "urn:vinculo:problem:keys-unavailable"
    assert response.headers["retry-after"] == "10"


def test_every_route_is_guarded_or_public() -> None:
    assert unguarded_routes(guarded_app()) == []


def test_an_unguarded_route_is_found_however_it_was_added() -> None:
    plain, inner, outer = APIRouter(prefix="/a/v1"), APIRouter(), APIRouter(prefix="/b/v1")
    plain.add_api_route("/forgotten", who, methods=["POST", "PUT"])
    inner.add_api_route("/forgotten", who)
    outer.include_router(inner)

    assert unguarded_routes(guarded_app(plain, outer)) == [
        "GET /b/v1/forgotten",
        "POST /a/v1/forgotten",
        "PUT /a/v1/forgotten",
    ]


def test_a_guard_of_a_router_applies_to_its_routes() -> None:
    inner = APIRouter()
    inner.add_api_route("/a", who)
    outer = APIRouter(prefix="/b/v1", dependencies=[Depends(requires(Permission.ERASE))])
    outer.include_router(inner)

    app = guarded_app(outer)

    assert unguarded_routes(app) == []
    assert guarded_routes(app)["GET /b/v1/a"] == {Permission.ERASE}


async def test_the_openapi_document_names_the_operations_that_need_a_token() -> None:
    router = APIRouter(prefix="/things/v1")

    @router.delete("/own", status_code=204, dependencies=[Depends(requires(Permission.ERASE))])
    async def erase() -> None:
        pass

    @router.get("/open", status_code=204)
    @public
    async def open_to_all() -> None:
        pass

    document = service_app("things", [router], readiness={}).openapi()

    assert document["paths"]["/things/v1/own"]["delete"]["security"] == [{"bearer": []}]
    assert "security" not in document["paths"]["/things/v1/open"]["get"]
