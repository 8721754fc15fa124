"""The service on a real PostgreSQL database, fresh for every test, and one key ring for all."""

from collections.abc import AsyncIterator

import pytest_asyncio

from vinculo.testing.databases import Databases
from vinculo.testing.fixture_types import NewDatabase

from .service_under_test import (
    Service,
    migrate_keyring,
    migrate_onboarding,
    running,
    settings,
)


@pytest_asyncio.fixture(scope="session")
async def keyring_url(databases: Databases) -> str:
    """Shared: keys are kept by person, and no person is in two tests."""
    return await databases.new(migrate_keyring, "keyring")


@pytest_asyncio.fixture
async def service(new_database: NewDatabase, keyring_url: str) -> AsyncIterator[Service]:
    database_url = await new_database(migrate_onboarding, "onboarding")
    async with running(settings(database_url, keyring_url)) as made:
        yield made
