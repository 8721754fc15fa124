import httpx2
import pytest

from vinculo.httpapi import worker_app

from .api_under_test import caller


async def available() -> None:
    pass


async def test_a_worker_serves_health_and_metrics_only() -> None:
    async with caller(worker_app("things-worker", readiness={"database": available})) as client:
        assert (await client.get("/health/ready")).status_code == 200
        assert (await client.get("/metrics")).status_code == 200
        assert (await client.get("/openapi.json")).status_code == 404


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
async def test_no_documentation_pages_are_served(things: httpx2.AsyncClient, path: str) -> None:
    assert (await things.get(path)).status_code == 404
