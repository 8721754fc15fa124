"""One system for all journeys: each leaves it whole, also those that kill parts of it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from vinculo.testing.systems import Systems

from .lender import Lender, lender_of

MANY_FROM_ONE_ADDRESS = {
    "VINCULO_RATE_PER_ADDRESS": "2000r/s",
    "VINCULO_BURST_PER_ADDRESS": "2000",
    "VINCULO_RATE_STRICT": "1000r/s",
    "VINCULO_BURST_STRICT": "1000",
    "ONBOARDING_DOCUMENT_CHECKS_PER_HOUR": "100000",
}

CREDIT_SYSTEM = {"ONBOARDING_CREDIT_URL": "https://credit.example.com/apply"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every journey needs the servers, and time, if it does not say how much itself."""
    for item in items:
        item.add_marker(pytest.mark.servers)
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(240))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def lender(new_shared_system: Systems) -> AsyncIterator[Lender]:
    async with lender_of(
        await new_shared_system({**MANY_FROM_ONE_ADDRESS, **CREDIT_SYSTEM})
    ) as shared:
        yield shared
