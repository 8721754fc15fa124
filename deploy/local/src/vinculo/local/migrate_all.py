"""Creates databases and topics and migrates every service: `python -m vinculo.local.migrate_all`.

All of it runs in one process, because the migrations import mostly the same modules.
"""

import asyncio
import os
import runpy
import sys
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from vinculo.local.services import DATABASES, MIGRATIONS


async def create_databases(urls: list[str]) -> None:
    """Create the missing ones."""
    for url in urls:
        database = urlsplit(url).path.removeprefix("/")
        server = urlunsplit(urlsplit(url)._replace(path="/postgres"))
        connection = await asyncpg.connect(server, timeout=10)
        try:
            exists = await connection.fetchval(
                "SELECT 1 FROM pg_database WHERE datname = $1", database
            )
            if exists is None:
                await connection.execute(f'CREATE DATABASE "{database}"')
        finally:
            await connection.close()


def run_module(module: str, command: str) -> None:
    """Run `python -m <module> <command>` in this process; SystemExit names a failed command."""
    sys.argv = [module, command]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as exited:
        if exited.code not in {None, 0}:
            raise SystemExit(f"{module} {command} exited with {exited.code}") from exited


def main() -> None:
    print("creating databases", flush=True)  # noqa: T201  # the log of this process
    asyncio.run(create_databases([os.environ[variable] for variable in DATABASES]))
    for module, command in MIGRATIONS:
        print(f"{module} {command}", flush=True)  # noqa: T201  # the log of this process
        run_module(module, command)


if __name__ == "__main__":
    main()
