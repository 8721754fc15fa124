"""Migrations of a service's own database.

A service provides a folder `migrations/versions/` inside its package with Alembic revision files,
and nothing else: no `env.py`, no `alembic.ini`, no `__init__.py`. Its first revision calls
`create_event_tables(op)`; the environment and the configuration are this library's.
"""

import asyncio
from importlib.util import find_spec
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateTable

from vinculo.eventstore.engine import create_engine
from vinculo.eventstore.tables import events, outbox, streams
from vinculo.process import Executes

PATIENCE_SECONDS = 60.0

_REFUSE = """
CREATE FUNCTION refuse_to_change_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'insufficient_privilege';
END $$
"""
_APPEND_ONLY = """
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_events()
"""
_QUEUE_HYGIENE = """
ALTER TABLE outbox SET (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0
)
"""


def create_event_tables(op: Executes) -> None:
    """Create streams, events and outbox; call it in a service's first revision.

    Events cannot be changed or deleted, not even by the tables' owner, as which a service connects
    on a developer's machine. A statement trigger that always raises holds that; it costs an insert
    nothing, and unlike a revoked privilege it does not depend on the roles of an installation.
    """
    for table in (streams, events, outbox):
        op.execute(CreateTable(table))
    for statement in (_REFUSE, _APPEND_ONLY, _QUEUE_HYGIENE):
        op.execute(statement)


async def migrate(
    url: str,
    package: str,
    *,
    revision: str = "head",
    patience_seconds: float = PATIENCE_SECONDS,
) -> None:
    """Upgrade the database at `url` to a revision of `<package>.migrations`, else to the newest.

    Idempotent, and safe when several processes start at once. Waits for the server to come up, at
    most `patience_seconds`, then raises what the last attempt met.
    """
    await _wait_for_server(url, patience_seconds)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic_environment"))
    config.set_main_option("version_locations", str(_versions(package)))
    config.set_main_option("path_separator", "newline")
    engine = create_engine(url, pool_size=1)
    try:
        async with engine.begin() as connection:
            await connection.execute(
                text("SELECT pg_advisory_xact_lock(hashtext('vinculo-migrations'))")
            )
            await connection.run_sync(_upgrade, config, revision)
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, config: Config, revision: str) -> None:
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def _versions(package: str) -> Path:
    spec = find_spec(package)
    for location in (spec.submodule_search_locations if spec else None) or ():
        versions = Path(location) / "migrations" / "versions"
        if versions.is_dir():
            return versions
    raise FileNotFoundError(f"{package} has no folder migrations/versions")


async def _wait_for_server(url: str, patience_seconds: float) -> None:
    engine = create_engine(url, pool_size=1)
    clock = asyncio.get_running_loop().time
    deadline = clock() + patience_seconds
    try:
        while True:
            try:
                async with engine.connect() as connection:
                    await connection.execute(text("SELECT 1"))
            except (OSError, DBAPIError, asyncpg.PostgresConnectionError) as error:
                if clock() >= deadline or not _server_may_come_up(error):
                    raise
                await asyncio.sleep(0.2)
            else:
                return
    finally:
        await engine.dispose()


def _server_may_come_up(error: Exception) -> bool:
    """A wrong password or a missing database will not mend itself by waiting."""
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
    return isinstance(
        cause,
        OSError | asyncpg.CannotConnectNowError | asyncpg.PostgresConnectionError,
    )
