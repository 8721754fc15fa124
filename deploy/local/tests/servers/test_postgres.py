"""A PostgreSQL that does not flush to disk, as tests start it, is killed."""

from pathlib import Path

from vinculo.local.server_set import ADDRESS_VARIABLE_OF, ServerSet
from vinculo.local.state import StackState
from vinculo.local.supervisor import ignore_progress
from vinculo.testing.databases import connected

OTHERS = {
    variable: "http://127.0.0.1:9"
    for server, variable in ADDRESS_VARIABLE_OF.items()
    if server != "postgres"
}
ROWS = 50


async def test_commits_survive_a_killed_server(tmp_path: Path) -> None:
    servers = ServerSet(
        tmp_path, StackState(tmp_path), report=ignore_progress, given=OTHERS, quick=True
    )
    try:
        address = (await servers.start()).postgres_url
        async with connected(address) as connection:
            await connection.execute("CREATE TABLE committed (number integer)")
            for number in range(ROWS):
                await connection.execute("INSERT INTO committed VALUES ($1)", number)
            await servers.kill_server("postgres")
        await servers.start_server("postgres")
        async with connected(address) as connection:
            assert await connection.fetchval("SELECT count(*) FROM committed") == ROWS
    finally:
        await servers.stop()
