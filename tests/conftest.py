"""One system per worker, shared by its journeys: even those that kill processes leave it up."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, expect

from vinculo.testing.browser import browser_context, running_browser
from vinculo.testing.systems import Systems

from .system_harness import SystemHarness, open_harness

HIGH_RATE_LIMITS = {
    "VINCULO_RATE_PER_ADDRESS": "2000r/s",
    "VINCULO_BURST_PER_ADDRESS": "2000",
    "VINCULO_RATE_STRICT": "1000r/s",
    "VINCULO_BURST_STRICT": "1000",
    "ONBOARDING_DOCUMENT_CHECKS_PER_HOUR": "100000",
    "ONBOARDING_DOCUMENT_CHECKS_PER_DOCUMENT": "100000",
}

DEFAULT_LIMIT_SECONDS = 240

FREQUENT_SWEEPS = {"DOCUMENTS_SWEEP_INTERVAL_SECONDS": "1"}
SHORT_WAITS = {
    "NOTIFICATIONS_DOCUMENT_INTERVAL_SECONDS": "1",
    "DOCUMENTS_SCREENING_LEASE_SECONDS": "3",
}
NO_FLOOR = {"ONBOARDING_RESPONSE_FLOOR_SECONDS": "0"}
CREDIT_SYSTEM = {"ONBOARDING_CREDIT_URL": "https://credit.example.com/apply"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every journey with `servers` and a default time limit.

    Files with the highest limits go first, so that no worker is busy with one long after the other.
    """
    limits: dict[Path, float] = {}
    for item in items:
        item.add_marker(pytest.mark.servers)
        marker = item.get_closest_marker("timeout")
        if marker is None:
            item.add_marker(pytest.mark.timeout(DEFAULT_LIMIT_SECONDS))
        limit = DEFAULT_LIMIT_SECONDS if marker is None else marker.args[0]
        limits[item.path] = max(limits.get(item.path, 0), limit)
    items.sort(key=lambda item: -limits[item.path])


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def harness(new_shared_system: Systems) -> AsyncIterator[SystemHarness]:
    async with open_harness(
        await new_shared_system(
            {**HIGH_RATE_LIMITS, **FREQUENT_SWEEPS, **SHORT_WAITS, **NO_FLOOR, **CREDIT_SYSTEM}
        )
    ) as shared:
        yield shared


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=30_000)
    async with running_browser() as running:
        yield running


@pytest_asyncio.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh profile as wide as a desktop."""
    async with browser_context(browser) as opened:
        yield opened


@pytest_asyncio.fixture
async def other_device(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A second profile, also as wide as a desktop."""
    async with browser_context(browser) as opened:
        yield opened
