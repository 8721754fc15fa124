"""The OpenAPI documents and the pages to read them, through the gateway and in Chromium."""

import json
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import BrowserContext, expect

from vinculo.testing.browser import policy_violations

from .system_harness import SystemHarness

CONTRACTS = Path(__file__).parents[1] / "contracts" / "openapi"
SERVICES = ("onboarding", "documents", "registry", "notifications", "query")

every_service = pytest.mark.parametrize("service", SERVICES)


@every_service
async def test_the_gateway_serves_the_committed_document(
    harness: SystemHarness, service: str
) -> None:
    async with httpx2.AsyncClient(base_url=harness.gateway.url, timeout=30) as client:
        response = await client.get(f"/{service}/v1/openapi.json")

    assert response.status_code == 200
    committed = json.loads((CONTRACTS / f"{service}.json").read_text(encoding="utf-8"))
    assert response.json() == committed


@every_service
async def test_the_page_shows_every_operation_and_violates_no_policy(
    harness: SystemHarness, context: BrowserContext, service: str
) -> None:
    paths = json.loads((CONTRACTS / f"{service}.json").read_text(encoding="utf-8"))["paths"]
    operations = [operation for path in paths.values() for operation in path.values()]
    page = await context.new_page()
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))

    await page.goto(f"{harness.gateway.url}/{service}/v1/docs")
    await expect(page.get_by_text(f"{len(operations)} operations, ")).to_be_visible()

    shown = await page.content()
    assert [each["operationId"] for each in operations if each["operationId"] not in shown] == []
    assert await policy_violations(page) == []
    assert messages == []
