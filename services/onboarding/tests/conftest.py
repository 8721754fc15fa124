"""The service on real PostgreSQL databases, fresh for every test."""

from collections.abc import AsyncIterator

import pytest_asyncio

from vinculo.local.testing import NewDatabase

from .service_under_test import (
    Service,
    migrate_keyring,
    migrate_onboarding,
    running,
    settings,
)


@pytest_asyncio.fixture
async def service(new_database: NewDatabase) -> AsyncIterator[Service]:
    database_url = await new_database(migrate_onboarding, "onboarding")
    keyring_url = await new_database(migrate_keyring, "keyring")
    async with running(settings(database_url, keyring_url)) as made:
        yield made
