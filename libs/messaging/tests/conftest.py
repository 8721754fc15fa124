from collections.abc import AsyncIterator

import pytest

from vinculo.testing.fixture_types import Eventually, MakeTopics, NewDatabase

from .consumer_harness import Harness, migrated_database, open_harness
from .relay_harness import Harness as RelayHarness
from .relay_harness import open_relay_harness


@pytest.fixture
async def harness(
    kafka: str,
    topic_prefix: str,
    make_topics: MakeTopics,
    new_database: NewDatabase,
    eventually: Eventually,
) -> AsyncIterator[Harness]:
    url = await migrated_database(new_database)
    group = f"{topic_prefix}listener"
    async with open_harness(kafka, group, make_topics, url, eventually) as harness:
        yield harness


@pytest.fixture
async def relay_harness(
    kafka: str, make_topics: MakeTopics, new_database: NewDatabase, eventually: Eventually
) -> AsyncIterator[RelayHarness]:
    async with open_relay_harness(kafka, make_topics, new_database, eventually) as harness:
        yield harness
