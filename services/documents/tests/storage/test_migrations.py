"""A migrated database has what the code reads."""

import pytest

from vinculo.documents.storage.tables import metadata
from vinculo.eventstore.migrations import migrate
from vinculo.eventstore.testing import assert_tables_declared
from vinculo.testing.fixture_types import NewDatabase

pytestmark = pytest.mark.servers


async def test_the_newest_revision_has_the_columns_that_the_code_declares(
    new_database: NewDatabase,
) -> None:
    url = await new_database()
    await migrate(url, "vinculo.documents")

    await assert_tables_declared(url, metadata)
