"""Migrates the database of a service.

A service has a folder `migrations/versions/` in its package with Alembic revision files only: no
`env.py`, no `alembic.ini`, no `__init__.py`. Its first revision calls `create_event_tables(op)`.
Environment and configuration of Alembic are in this library.
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

STARTUP_TIMEOUT_SECONDS = 60.0
RETRY_SECONDS = 0.2

_REFUSE_CHANGES = """
CREATE FUNCTION refuse_to_change_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only' USING ERRCODE = 'insufficient_privilege';
END $$
"""
_APPEND_ONLY = """
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_events()
"""
_OUTBOX_AUTOVACUUM = """
ALTER TABLE outbox SET (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_cost_delay = 0
)
"""

_STORE_EPOCH = """
CREATE TABLE store_epoch (
    epoch bigint NOT NULL,
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only)
)
"""


def create_event_tables(op: Executes) -> None:
    """Create the tables streams, events and outbox, in the first revision of a service.

    A trigger refuses to change or delete events, even by the owner of the table, as which a service
    connects on a developer's machine. It costs inserts nothing, and unlike a revoked privilege it
    does not depend on the roles of an installation.
    """
    for table in (streams, events, outbox):
        op.execute(CreateTable(table))
    for statement in (_REFUSE_CHANGES, _APPEND_ONLY, _OUTBOX_AUTOVACUUM):
        op.execute(statement)


def create_store_epoch(op: Executes) -> None:
    """Create the epoch that every event carries from then on, as 1."""
    op.execute(_STORE_EPOCH)
    op.execute("INSERT INTO store_epoch (epoch) VALUES (1)")


async def migrate(
    url: str,
    package: str,
    *,
    revision: str = "head",
    startup_timeout_seconds: float = STARTUP_TIMEOUT_SECONDS,
) -> None:
    """Migrate the database at `url` to a revision of `<package>.migrations`, by default the newest.

    Idempotent, and safe if several processes do it at the same time. If the server does not start
    within `startup_timeout_seconds`, the error of the last attempt is raised.
    """
    await _wait_for_server(url, startup_timeout_seconds)
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


async def _wait_for_server(url: str, timeout_seconds: float) -> None:
    engine = create_engine(url, pool_size=1)
    clock = asyncio.get_running_loop().time
    deadline = clock() + timeout_seconds
    try:
        while True:
            try:
                async with engine.connect() as connection:
                    await connection.execute(text("SELECT 1"))
            except (OSError, DBAPIError, asyncpg.PostgresConnectionError) as error:
                if clock() >= deadline or not _is_temporary(error):
                    raise
                await asyncio.sleep(RETRY_SECONDS)
            else:
                return
    finally:
        await engine.dispose()


def _is_temporary(error: Exception) -> bool:
    """Whether the server may still start; a wrong password or a missing database is permanent."""
    cause = error.orig.__cause__ if isinstance(error, DBAPIError) and error.orig else error
    return isinstance(
        cause,
        OSError | asyncpg.CannotConnectNowError | asyncpg.PostgresConnectionError,
    )
