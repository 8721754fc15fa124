"""Registries on real databases.

Tests of a module share one registry where they can, as databases are slow to create; they use
different people.
"""

from collections.abc import AsyncIterator

import httpx2
import pytest_asyncio

from vinculo.testing.databases import Databases
from vinculo.testing.fixture_types import NewDatabase

from .http_calls import app_on, client_of
from .registry_harness import RegistryHarness, harness_on


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def registry(databases: Databases) -> AsyncIterator[RegistryHarness]:
    """A registry with the shipped policies published, shared by the tests of a module."""
    async with harness_on(databases.new) as harness:
        await harness.publish()
        yield harness


@pytest_asyncio.fixture(loop_scope="session")
async def new_registry(new_database: NewDatabase) -> AsyncIterator[RegistryHarness]:
    """A registry without policies and people, of one test."""
    async with harness_on(new_database) as harness:
        yield harness


@pytest_asyncio.fixture(loop_scope="session")
async def http(registry: RegistryHarness) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the shared registry's API."""
    async with client_of(app_on(registry.dependencies)) as client:
        yield client
