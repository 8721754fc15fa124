"""A projector on real servers, with the driver that a test names."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from vinculo.testing.fixture_types import MakeTopics, MongoUrl, NewDatabase

from .projector_harness import ProjectorHarness, projector_harness


@pytest.fixture
def driver() -> str:
    return "motor"


@pytest_asyncio.fixture
async def harness(  # noqa: PLR0917 - fixtures come by name
    kafka: str,
    topic_prefix: str,
    make_topics: MakeTopics,
    mongo_url: MongoUrl,
    new_database: NewDatabase,
    driver: str,
) -> AsyncIterator[ProjectorHarness]:
    async with projector_harness(
        kafka=kafka,
        topic_prefix=topic_prefix,
        make_topics=make_topics,
        mongo_url=mongo_url,
        new_database=new_database,
        driver=driver,
    ) as made:
        yield made
