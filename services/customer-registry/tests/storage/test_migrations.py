"""A database of an earlier version migrates, with its rows, to what the code reads."""

from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import Connection, inspect, text

from vinculo.customer_registry.storage.people import (
    BEFORE_ANY_WAIT,
    lock_or_insert_person,
    people_awaiting_activation,
)
from vinculo.customer_registry.storage.tables import metadata
from vinculo.eventstore import create_engine
from vinculo.eventstore.migrations import migrate
from vinculo.testing.fixture_types import NewDatabase

pytestmark = pytest.mark.servers

SERVICE = "vinculo.customer_registry"
BEFORE_LINKS = "0003"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def test_people_who_wait_for_activation_wait_on_without_a_known_link(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url, SERVICE, revision=BEFORE_LINKS)
    engine = create_engine(url, pool_size=1)
    waiting, activated = uuid4(), uuid4()
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO people (person_id, project, waiting_since)"
                " VALUES (:waiting, 'default', :since), (:activated, 'default', NULL)"
            ),
            {"waiting": waiting, "activated": activated, "since": NOW},
        )
    await migrate(url, SERVICE)

    async with engine.begin() as connection:
        found = await people_awaiting_activation(
            connection, waiting_since=NOW + timedelta(days=30), after=BEFORE_ANY_WAIT, limit=10
        )
        person = await lock_or_insert_person(connection, waiting)
    assert found == [(NOW, waiting)]
    assert (person.project, person.waiting_since) == ("default", NOW)
    assert person.last_link_issued_at is None
    await engine.dispose()


async def test_the_newest_revision_has_the_columns_that_the_code_declares(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url, SERVICE)
    engine = create_engine(url, pool_size=1)

    async with engine.connect() as connection:
        for table in metadata.sorted_tables:
            found = await connection.run_sync(partial(_column_names, table=table.name))
            assert found == set(table.columns.keys()), table.name
    await engine.dispose()


def _column_names(connection: Connection, table: str) -> set[str]:
    return {column["name"] for column in inspect(connection).get_columns(table)}
