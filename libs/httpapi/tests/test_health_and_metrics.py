import asyncio

import httpx2
import pytest

from vinculo.httpapi import worker_app

from .api_under_test import caller, things_app


async def there() -> None:
    pass


async def not_there() -> None:
    raise ConnectionRefusedError("no database")


async def silent() -> None:
    await asyncio.sleep(60)


async def test_a_process_lives_whatever_is_missing() -> None:
    async with caller(things_app(readiness={"database": not_there})) as client:
        response = await client.get("/health/live")

    assert (response.status_code, response.json()) == (200, {"status": "live"})


async def test_it_is_ready_when_all_is_there() -> None:
    async with caller(things_app(readiness={"database": there, "kafka": there})) as client:
        response = await client.get("/health/ready")

    assert (response.status_code, response.json()) == (200, {"status": "ready"})


async def test_what_is_missing_is_named() -> None:
    checks = {"database": there, "kafka": not_there, "keyring": not_there}
    async with caller(things_app(readiness=checks)) as client:
        response = await client.get("/health/ready")

    assert response.status_code == 503
    assert response.json()["type"] == "urn:vinculo:problem:not-ready"
    assert response.json()["missing"] == ["kafka", "keyring"]
    assert "no database" not in response.text


async def test_a_check_that_does_not_answer_counts_as_missing() -> None:
    async with caller(things_app(readiness={"kafka": silent, "mongo": silent})) as client:
        response = await client.get("/health/ready")

    assert response.json()["missing"] == ["kafka", "mongo"]


async def test_a_worker_serves_health_and_metrics_only() -> None:
    async with caller(worker_app("things-worker", readiness={"database": there})) as client:
        assert (await client.get("/health/ready")).status_code == 200
        assert (await client.get("/metrics")).status_code == 200
        assert (await client.get("/openapi.json")).status_code == 404


async def test_requests_are_counted_by_the_template_of_their_route(
    things: httpx2.AsyncClient,
) -> None:
    await things.get("/things/v1/things/canary?limit=5")
    await things.get("/things/v1/things/canary?limit=5000")
    await things.get("/canary")
    await things.request("CANARY", "/canary")

    metrics = (await things.get("/metrics")).text

    counted = 'http_requests_total{method="GET",route="/things/v1/things/{thing_id}"'
    assert f'{counted},service="things",status="200"}} 1.0' in metrics
    assert f'{counted},service="things",status="422"}} 1.0' in metrics
    assert 'method="OTHER",route="unmatched"' in metrics
    assert "canary" not in metrics.lower()


async def test_two_applications_in_one_process_count_apart() -> None:
    async with caller(things_app()) as one, caller(things_app()) as other:
        await one.get("/things/v1/meta")

        assert "/things/v1/meta" in (await one.get("/metrics")).text
        assert "/things/v1/meta" not in (await other.get("/metrics")).text


async def test_the_processs_own_metrics_are_there(things: httpx2.AsyncClient) -> None:
    response = await things.get("/metrics")

    assert "process_cpu_seconds_total" in response.text
    assert response.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
async def test_no_documentation_pages_are_served(things: httpx2.AsyncClient, path: str) -> None:
    assert (await things.get(path)).status_code == 404
