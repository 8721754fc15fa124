import httpx2
import pytest
from fastapi import APIRouter, Depends
from fastapi.security import HTTPBearer

from vinculo.httpapi import service_app
from vinculo.httpapi.openapi import prefix_of


async def test_the_document_is_under_the_services_prefix(things: httpx2.AsyncClient) -> None:
    response = await things.get("/things/v1/openapi.json")

    assert response.status_code == 200
    assert response.json()["openapi"].startswith("3.1")
    assert "/things/v1/things" in response.json()["paths"]


async def test_every_operation_may_respond_with_a_problem(things: httpx2.AsyncClient) -> None:
    document = (await things.get("/things/v1/openapi.json")).json()

    for path in document["paths"].values():
        for operation in path.values():
            for status in ("400", "429", "500", "502"):
                content = operation["responses"][status]["content"]
                assert content.keys() == {"application/problem+json"}
            assert not operation["responses"].keys() & {"4XX", "5XX", "default"}
    assert "HTTPValidationError" not in document["components"]["schemas"]


async def test_health_and_metrics_are_not_in_the_document(things: httpx2.AsyncClient) -> None:
    document = (await things.get("/things/v1/openapi.json")).json()

    assert all(path.startswith("/things/v1/") for path in document["paths"])


@pytest.mark.parametrize(
    ("paths", "prefix"),
    [
        (["/registry/v1/people/{id}"], "/registry"),
        (["/.well-known/jwks.json", "/onboarding/v1/payers"], "/onboarding"),
        (["/elsewhere"], ""),
    ],
)
def test_the_prefix_is_that_of_the_versioned_paths(paths: list[str], prefix: str) -> None:
    router = APIRouter()
    for path in paths:
        router.add_api_route(path, nothing)

    assert prefix_of(service_app("x", [router], readiness={})) == prefix


async def nothing() -> None:
    pass


async def test_operations_with_an_access_token_have_the_position_header() -> None:
    router = APIRouter()
    router.add_api_route(
        "/x/v1/own", nothing, dependencies=[Depends(HTTPBearer())], status_code=204
    )
    router.add_api_route("/x/v1/open", something, status_code=204)
    document = service_app("x", [router], readiness={}).openapi()

    def headers(path: str, status: str) -> set[str]:
        return set(document["paths"][path]["get"]["responses"][status].get("headers", {}))

    assert headers("/x/v1/own", "204") == {"Vinculo-Position"}
    assert headers("/x/v1/own", "400") == headers("/x/v1/open", "204") == set()


async def something() -> None:
    pass
