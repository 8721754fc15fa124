"""The servers of a test run: at a given address, or else in a container, or else native."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from vinculo.local.compose import docker_available
from vinculo.local.server_set import ADDRESS_VARIABLE_OF, ServerSet
from vinculo.local.settings import ADDRESS_VARIABLES, ServerAddresses
from vinculo.local.state import StackState
from vinculo.local.supervisor import ignore_progress
from vinculo.testing.containers import Containers

OWN_SERVERS = "VINCULO_SERVERS_OF_THIS_RUN"


def is_own(server: str) -> bool:
    """Whether this test run started the server, so that nothing on it needs to be deleted."""
    return server in os.environ.get(OWN_SERVERS, "").split()


class ServersForTests:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._containers = Containers()
        self._native: ServerSet | None = None

    async def start(self, report: Callable[[str], None]) -> ServerAddresses:
        """Start the servers and return their addresses; `report` gets a line per server."""
        given = {
            name: os.environ[name] for name in ADDRESS_VARIABLES.values() if name in os.environ
        }
        in_containers: dict[str, str] = {}
        if not set(ADDRESS_VARIABLE_OF.values()) <= given.keys() and await asyncio.to_thread(
            docker_available
        ):
            in_containers = await self._containers.start(set(given))
        known = {**given, **in_containers}
        self._native = ServerSet(
            self._folder, StackState(self._folder), report=ignore_progress, given=known, quick=True
        )
        addresses = await self._native.start()
        os.environ[OWN_SERVERS] = " ".join(
            name for name, variable in ADDRESS_VARIABLE_OF.items() if variable not in given
        )
        for name, variable in ADDRESS_VARIABLE_OF.items():
            origin = "native"
            if variable in known:
                origin = "given" if variable in given else "container"
            report(f"{name}: {origin}")
        return addresses

    async def stop(self) -> None:
        if self._native is not None:
            await self._native.stop()
        await self._containers.stop()
