from collections.abc import AsyncIterator

import pytest

from vinculo.testing.fixture_types import Eventually, MakeTopics, NewDatabase

from .consuming_stage import Stage, migrated, open_stage


@pytest.fixture
async def stage(
    kafka: str,
    topic_prefix: str,
    make_topics: MakeTopics,
    new_database: NewDatabase,
    eventually: Eventually,
) -> AsyncIterator[Stage]:
    url = await migrated(new_database)
    group = f"{topic_prefix}listener"
    async with open_stage(kafka, group, make_topics, url, eventually) as stage:
        yield stage
