import asyncio
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from vinculo.eventstore.migrations import migrate
from vinculo.testing.databases import connected
from vinculo.testing.fixture_types import NewDatabase

pytestmark = pytest.mark.servers

FIRST = """
    from alembic import op
    from vinculo.eventstore.migrations import create_event_tables

    revision = "0001"
    down_revision = None

    def upgrade() -> None:
        create_event_tables(op)
"""
SECOND = """
    from alembic import op

    revision = "0002"
    down_revision = "0001"

    def upgrade() -> None:
        op.execute("CREATE TABLE accounts (id uuid PRIMARY KEY)")
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    versions = tmp_path / "sample_service" / "migrations" / "versions"
    versions.mkdir(parents=True)
    (tmp_path / "sample_service" / "__init__.py").touch()
    (versions / "0001_events.py").write_text(dedent(FIRST))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sample_service", raising=False)
    return versions


async def tables(url: str) -> set[str]:
    async with connected(url) as connection:
        rows = await connection.fetch(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
    return {row["table_name"] for row in rows}


async def test_a_database_is_migrated_to_the_newest_revision(
    package: Path, new_database: NewDatabase
) -> None:
    url = await new_database(None)

    await migrate(url, "sample_service")
    assert await tables(url) == {"alembic_version", "streams", "events", "outbox"}

    (package / "0002_accounts.py").write_text(dedent(SECOND))
    await migrate(url, "sample_service")
    assert "accounts" in await tables(url)


async def test_an_earlier_revision_can_be_the_target(
    package: Path, new_database: NewDatabase
) -> None:
    url = await new_database(None)
    (package / "0002_accounts.py").write_text(dedent(SECOND))

    await migrate(url, "sample_service", revision="0001")
    assert "accounts" not in await tables(url)

    await migrate(url, "sample_service")
    assert "accounts" in await tables(url)


async def test_migrating_repeatedly_and_simultaneously_is_harmless(
    package: Path, new_database: NewDatabase
) -> None:
    url = await new_database(None)
    assert package

    await asyncio.gather(*(migrate(url, "sample_service") for _ in range(3)))
    await migrate(url, "sample_service")

    assert "events" in await tables(url)


async def test_a_package_without_migrations_is_named(new_database: NewDatabase) -> None:
    url = await new_database(None)

    with pytest.raises(FileNotFoundError, match="json has no folder"):
        await migrate(url, "json")


async def test_an_unreachable_server_is_an_error_after_the_timeout() -> None:
    with pytest.raises(OSError, match="1"):
        await migrate("postgresql://u:p@127.0.0.1:1/x", "json", startup_timeout_seconds=0.3)


async def test_a_missing_database_is_an_error_at_once(new_database: NewDatabase) -> None:
    url = await new_database(None)

    with pytest.raises(Exception, match="does not exist"):
        await asyncio.wait_for(migrate(f"{url}_missing", "json"), 30)
