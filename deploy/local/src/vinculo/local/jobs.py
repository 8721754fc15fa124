"""What is done once before the services start: databases made, every schema brought up to date.

Run as `python -m vinculo.local.jobs`: one process does all of it, because what the steps import is
mostly the same.
"""

import asyncio
import os
import runpy
import sys
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from vinculo.local.members import DATABASES, JOBS


async def make_databases(urls: list[str]) -> None:
    """Create those that are missing."""
    for url in urls:
        database = urlsplit(url).path.removeprefix("/")
        server = urlunsplit(urlsplit(url)._replace(path="/postgres"))
        connection = await asyncpg.connect(server, timeout=10)
        try:
            known = await connection.fetchval(
                "SELECT 1 FROM pg_database WHERE datname = $1", database
            )
            if known is None:
                await connection.execute(f'CREATE DATABASE "{database}"')
        finally:
            await connection.close()


def run_module(module: str, command: str) -> None:
    """Run a member's command as its own `python -m` would; SystemExit names what failed."""
    sys.argv = [module, command]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if ended.code not in {None, 0}:
            raise SystemExit(f"{module} {command} ended with {ended.code}") from ended


def main() -> None:
    print("making databases", flush=True)  # noqa: T201  # the log of this process
    asyncio.run(make_databases([os.environ[variable] for variable in DATABASES]))
    for module, command in JOBS:
        print(f"{module} {command}", flush=True)  # noqa: T201  # the log of this process
        run_module(module, command)


if __name__ == "__main__":
    main()
