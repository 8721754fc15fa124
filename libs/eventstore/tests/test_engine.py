"""Connections of an engine on a real PostgreSQL."""

import pytest

from vinculo.eventstore import create_engine, driver_connection
from vinculo.testing.fixture_types import NewDatabase

pytestmark = pytest.mark.servers


async def test_a_connection_that_is_returned_after_the_disposal_is_closed(
    new_database: NewDatabase,
) -> None:
    engine = create_engine(await new_database(name="disposed"))
    async with engine.connect() as connection:
        late = await driver_connection(connection)
        await engine.dispose()
        assert not late.is_closed()

    assert late.is_closed()


async def test_an_engine_can_be_used_after_its_disposal(new_database: NewDatabase) -> None:
    engine = create_engine(await new_database(name="reused"))
    for _ in range(2):
        async with engine.connect() as connection:
            kept = await driver_connection(connection)
        assert not kept.is_closed()
        await engine.dispose()
        assert kept.is_closed()
