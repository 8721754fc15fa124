"""Restores a whole system on an empty host: its servers from a backup, the rest from the events."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from vinculo.local.backup import BackupError, read_manifest, read_secrets, restore_into
from vinculo.local.lock import SystemLock
from vinculo.local.process import run_to_completion
from vinculo.local.server_set import ServerSet
from vinculo.local.services import DEFAULT_COMMANDS
from vinculo.local.settings import ADDRESS_VARIABLES, service_environment
from vinculo.local.state import STATE_FILE, StackState
from vinculo.local.supervisor import ProgressReporter, StartStep, ignore_progress
from vinculo.local.system import System

COMMANDS: Final = (
    ("onboarding", "republish"),
    ("documents", "republish"),
    ("customer_registry", "republish"),
    ("notifications", "republish"),
    ("query_api", "rebuild"),
)
REAPPLY: Final = (sys.executable, "-m", "vinculo.customer_registry", "reapply-erasures")
UNUSED: Final = "http://127.0.0.1:1"


async def restore_system(
    source: Path,
    directory: Path,
    *,
    namespace: str = "",
    report: ProgressReporter = ignore_progress,
) -> None:
    """Restore into an empty folder, publish all events and build the read model; stopped after.

    What the erasure ledger reports as erased is erased again.

    Raises:
        BackupError: the backup is damaged, or the folder has a system already.
        StartFailedError: a server, a service or a command failed; its message names the log.

    """
    await restore_servers(source, directory, namespace=namespace, report=report)
    await publish_and_build(directory, namespace=namespace, report=report)


async def restore_servers(
    source: Path,
    directory: Path,
    *,
    namespace: str = "",
    reapply: bool = True,
    report: ProgressReporter = ignore_progress,
) -> None:
    """Fill the servers of an empty folder from the backup; stopped after.

    Without `reapply` the services refuse the key ring if the erasure ledger is newer. Raises as
    `restore_system`.
    """
    read_manifest(source)
    if (directory / STATE_FILE).exists():
        raise BackupError(f"{directory} has a system already; restore into an empty folder")
    state = StackState(directory)
    for name, value in read_secrets(source).items():
        state.get_or_create(name, lambda value=value: value)  # type: ignore[misc]
    async with (
        SystemLock(directory) as lock,
        _running_servers(directory, state, lock, namespace, report) as environment,
    ):
        report("backup", StartStep.STARTING, str(source))
        await restore_into(environment, source)
        report("backup", StartStep.READY)
        if reapply:
            for name, command in (
                ("migrations", DEFAULT_COMMANDS.migrate_all),
                ("reapply-erasures", REAPPLY),
            ):
                report(name, StartStep.STARTING)
                await run_to_completion(
                    name,
                    command,
                    log_path=directory / "logs" / "restore.log",
                    directory=directory,
                    environment=environment,
                )
                report(name, StartStep.READY)


async def publish_and_build(
    directory: Path, *, namespace: str = "", report: ProgressReporter = ignore_progress
) -> None:
    """Start the restored system, publish all events and build the read model; stopped after."""
    system = System(directory, namespace=namespace, report=report)
    await system.start()
    try:
        for service, command in COMMANDS:
            name = f"{service} {command}"
            report(name, StartStep.STARTING)
            await run_to_completion(
                name,
                [sys.executable, "-m", f"vinculo.{service}", command],
                log_path=system.log_path("restore"),
                directory=directory,
                environment=system.environment,
            )
            report(name, StartStep.READY)
    finally:
        await system.stop()


@asynccontextmanager
async def _running_servers(
    directory: Path,
    state: StackState,
    lock: SystemLock,
    namespace: str,
    report: ProgressReporter,
) -> AsyncIterator[dict[str, str]]:
    """The servers alone; the environment of the services."""
    given = {name: os.environ[name] for name in ADDRESS_VARIABLES.values() if name in os.environ}
    servers = ServerSet(
        directory, state, report=report, given=given, inherited_fds=(lock.descriptor,)
    )
    try:
        addresses = await servers.start()
        yield service_environment(
            state, addresses, public_url=UNUSED, jwks_port=1, namespace=namespace
        )
    finally:
        await servers.stop()
