"""One registry per module: databases are slow to make and to drop, and people are apart by id."""

from collections.abc import AsyncIterator

import pytest_asyncio

from vinculo.testing.databases import Databases

from .registry_harness import RegistryUnderTest, registry_on


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def registry(databases: Databases) -> AsyncIterator[RegistryUnderTest]:
    """Give a registry with the shipped policies published."""
    async with registry_on(databases.new) as made:
        await made.publish()
        yield made
