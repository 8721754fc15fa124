import pytest
from sqlalchemy import Connection, inspect

from vinculo.documents.storage.tables import metadata

from ..service_fixture import ServiceFixture

pytestmark = pytest.mark.servers


def columns_of_database(connection: Connection, table: str) -> dict[str, tuple[str, bool]]:
    return {
        column["name"]: (str(column["type"]), column["nullable"])
        for column in inspect(connection).get_columns(table)
    }


@pytest.mark.parametrize("table", sorted(metadata.tables))
async def test_the_migrated_tables_are_those_of_the_code(
    service: ServiceFixture, table: str
) -> None:
    async with service.connections.database.connect() as connection:
        migrated = await connection.run_sync(columns_of_database, table)
        dialect = service.connections.database.dialect
        declared = {
            column.name: (
                str(column.type.compile(dialect)).split(" WITH")[0],
                bool(column.nullable),
            )
            for column in metadata.tables[table].columns
        }

    assert migrated == declared
