"""Errors, retries and addresses of the HTTP client."""

import httpx2
import pytest

from vinculo.simulation.gateway_client import GatewayClient, RequestRefused

from .stub_system import StubSystem, problem


async def test_an_error_response_raises_its_problem_type_and_field_errors() -> None:
    system = StubSystem().on(
        "POST /x",
        422,
        {**problem("request-invalid"), "errors": [{"field": "phone", "code": "phone_malformed"}]},
    )

    async with system.gateway() as gateway:
        with pytest.raises(RequestRefused, match="phone: phone_malformed") as refused:
            await gateway.call("POST", "/x")

    assert (refused.value.status, refused.value.problem_type) == (422, "request-invalid")


@pytest.mark.parametrize("status", [409, 429, 503])
async def test_a_response_with_retry_after_is_retried(status: int) -> None:
    system = StubSystem().on("GET /x", status, problem("busy"), {"Retry-After": "0"})
    system.on("GET /x", 200, {"all": "well"})

    async with system.gateway() as gateway:
        response = await gateway.call("GET", "/x")

    assert response.body == {"all": "well"}
    assert len(system.requests) == 2


async def test_retries_end_after_the_time_limit() -> None:
    system = StubSystem().on("GET /x", 503, problem("busy"), {"Retry-After": "0"})

    async with system.gateway(retry_seconds=0) as gateway:
        with pytest.raises(RequestRefused, match="503"):
            await gateway.call("GET", "/x")


async def test_only_idempotent_requests_are_retried_after_a_connection_error() -> None:
    methods: list[str] = []

    def fail_once(request: httpx2.Request) -> httpx2.Response:
        methods.append(request.method)
        if len(methods) == 1:
            raise httpx2.ConnectError("gone")
        return httpx2.Response(200, json={})

    async with GatewayClient("http://system", transport=httpx2.MockTransport(fail_once)) as gateway:
        with pytest.raises(httpx2.ConnectError):
            await gateway.call("POST", "/x")
        methods.clear()
        await gateway.call("POST", "/x", headers={"Idempotency-Key": "one"})

    assert methods == ["POST", "POST"]


async def test_public_addresses_are_reached_through_the_internal_address() -> None:
    system = StubSystem().on("POST /documents", 204).on("GET /file", 200, {})

    async with system.gateway("http://inside:1", public_url="http://outside:8080") as gateway:
        await gateway.upload("http://outside:8080/documents", {"key": "k"}, "a.pdf", b"%PDF", "x/y")
        await gateway.download("http://outside:8080/file?token=1")

    for request in system.requests:
        assert request.url.host == "inside"
        assert request.headers["Host"] == "outside:8080"
    assert b'name="key"' in system.requests[0].content
    assert b'filename="a.pdf"' in system.requests[0].content
