"""New PostgreSQL databases, copied from a template that is migrated once, and sessions in them."""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

Migrate = Callable[[str], Awaitable[None] | None]


@asynccontextmanager
async def connected(url: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A session in the database, which is closed also if the test fails."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def end_sessions(url: str, application: str) -> int:
    """End the sessions of the application in this database; how many they were."""
    async with connected(url) as connection:
        ended = await connection.fetch(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = $1 AND datname = current_database()",
            application,
        )
    return len(ended)


class Databases:
    """Creates databases on one server, and drops them at the end.

    There is a template per migrating function, so that a test needs a copy only.
    """

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url
        self._templates: dict[Any, str] = {}
        self._databases: list[str] = []

    async def new(self, migrate: Migrate | None = None, name: str = "x") -> str:
        """The URL of a new database."""
        template = await self._template(migrate, name) if migrate else None
        return await self._create(f"test_{name}", template)

    async def drop_all(self) -> None:
        async with connected(self._server_url) as connection:
            for database in reversed(self._databases):
                await connection.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')
        self._databases.clear()

    async def _template(self, migrate: Migrate, name: str) -> str:
        key = _identity(migrate)
        if key not in self._templates:
            url = await self._create(f"template_{name}", None)
            result = migrate(url)
            if inspect.isawaitable(result):
                await result
            self._templates[key] = urlsplit(url).path.removeprefix("/")
        return self._templates[key]

    async def _create(self, stem: str, template: str | None) -> str:
        database = f"{stem.replace('-', '_')[:40]}_{uuid4().hex[:12]}"
        async with connected(self._server_url) as connection:
            copy = ""
            if template is not None:
                # A template in use cannot be copied; only its migration has ever used it.
                await connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1",
                    template,
                )
                copy = f' TEMPLATE "{template}" STRATEGY FILE_COPY'
            await connection.execute(f'CREATE DATABASE "{database}"{copy}')
        self._databases.append(database)
        return urlunsplit(urlsplit(self._server_url)._replace(path=f"/{database}"))


def _identity(migrate: Any) -> Any:  # noqa: ANN401  # any callable
    """Equal keys for functions that certainly do the same, even if they are different objects."""
    if isinstance(migrate, partial):
        return (_identity(migrate.func), migrate.args, tuple(sorted(migrate.keywords.items())))
    if inspect.isfunction(migrate) and not migrate.__closure__ and not migrate.__defaults__:
        return (migrate.__module__, migrate.__code__)
    return migrate
