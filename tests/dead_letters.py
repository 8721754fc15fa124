"""The services' dead-letter commands on a running system, many of them in little time.

They are the commands themselves, in this process: each would start a program otherwise.
"""

import asyncio
from importlib import import_module

from typer.testing import CliRunner

from vinculo.local.system import System

SERVICES = ("onboarding", "documents", "customer_registry", "notifications", "query_api")
ONE_AT_A_TIME = asyncio.Lock()


async def dead_letters(system: System, service: str, *arguments: str) -> str:
    """Run `python -m vinculo.<service> dead-letters <arguments>`; what it says."""
    app = import_module(f"vinculo.{service}.__main__").app
    async with ONE_AT_A_TIME:
        result = await asyncio.to_thread(
            CliRunner().invoke, app, ["dead-letters", *arguments], env=system.environment
        )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return str(result.output)


async def waiting(system: System, service: str) -> list[str]:
    """The places of what nothing has become of yet."""
    lines = (await dead_letters(system, service, "list")).splitlines()
    return [line.split("\t")[0] for line in lines]


async def healed(system: System) -> bool:
    """Replay in every service; whether nothing waits any more."""
    for service in SERVICES:
        await dead_letters(system, service, "replay")
    return not any([await waiting(system, service) for service in SERVICES])
