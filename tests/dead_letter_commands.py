"""The services' dead-letter commands, run in this process because subprocesses would be slow."""

import asyncio
from importlib import import_module

from typer.testing import CliRunner

from vinculo.local.system import System

SERVICES = ("onboarding", "documents", "customer_registry", "notifications", "query_api")
ENVIRONMENT_LOCK = asyncio.Lock()


async def run_dead_letters(system: System, service: str, *arguments: str) -> str:
    """Run `python -m vinculo.<service> dead-letters <arguments>`; its output."""
    app = import_module(f"vinculo.{service}.__main__").app
    async with ENVIRONMENT_LOCK:
        result = await asyncio.to_thread(
            CliRunner().invoke, app, ["dead-letters", *arguments], env=system.environment
        )
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return str(result.output)


async def pending_dead_letters(system: System, service: str) -> list[str]:
    """Topic/partition/offset of the dead letters that were neither replayed nor discarded."""
    lines = (await run_dead_letters(system, service, "list")).splitlines()
    return [line.split("\t")[0] for line in lines]


async def replay_all(system: System) -> bool:
    """Replay in every service.

    Raises:
        AssertionError: with the services' dead letters that are left.

    """
    for service in SERVICES:
        await run_dead_letters(system, service, "replay")
    left = {service: await run_dead_letters(system, service, "list") for service in SERVICES}
    assert not any(left.values()), left
    return True
