"""The service on a new PostgreSQL database for every test, and one key ring for all tests."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest_asyncio

from vinculo.testing.databases import Databases
from vinculo.testing.fixture_types import NewDatabase

from .http_calls import ChecksWith
from .service_fixture import (
    ServiceFixture,
    migrate_keyring,
    migrate_onboarding,
    running_service,
    service_settings,
)

UNREACHABLE = "postgresql://nowhere@127.0.0.1:1/none"


@pytest_asyncio.fixture(scope="session")
async def keyring_url(databases: Databases) -> str:
    """Shared, because keys are stored by person and no person is in two tests."""
    return await databases.new(migrate_keyring, "keyring")


@pytest_asyncio.fixture
async def service(new_database: NewDatabase, keyring_url: str) -> AsyncIterator[ServiceFixture]:
    database_url = await new_database(migrate_onboarding, "onboarding")
    async with running_service(service_settings(database_url, keyring_url)) as running:
        yield running


@pytest_asyncio.fixture
async def offline_service() -> AsyncIterator[ServiceFixture]:
    """The service without a reachable database: a request that needs one fails."""
    async with running_service(service_settings(UNREACHABLE, UNREACHABLE)) as running:
        yield running


@pytest_asyncio.fixture
async def checks_with(new_database: NewDatabase, keyring_url: str) -> AsyncIterator[ChecksWith]:
    """Start the service with a setting of document checks.

    Where they are limited, three an hour and address and five an hour and document are allowed.
    """
    async with AsyncExitStack() as stack:

        async def start(hint: str) -> ServiceFixture:
            url = await new_database(migrate_onboarding, "onboarding")
            chosen = service_settings(
                url,
                keyring_url,
                onboarding_duplicate_hint=hint,
                onboarding_document_checks_per_hour=3,
                onboarding_document_checks_per_document=5,
            )
            return await stack.enter_async_context(running_service(chosen))

        yield start
