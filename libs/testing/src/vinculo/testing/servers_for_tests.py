"""The servers of one test run: each given by address, else in a container, else native."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

from vinculo.local.addresses import VARIABLES, Addresses
from vinculo.local.docker import docker_answers
from vinculo.local.progress import silent
from vinculo.local.server_set import GIVEN_BY, ServerSet
from vinculo.local.stack_file import StackFile
from vinculo.testing.containers import Containers

OWN = "VINCULO_SERVERS_OF_THIS_RUN"


def is_own(server: str) -> bool:
    """Whether this test run started the server, so that nothing on it needs sweeping."""
    return server in os.environ.get(OWN, "").split()


class ServersForTests:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._containers = Containers()
        self._native: ServerSet | None = None

    async def start(self, say: Callable[[str], None]) -> Addresses:
        given = {name: os.environ[name] for name in VARIABLES.values() if name in os.environ}
        in_containers: dict[str, str] = {}
        if not set(GIVEN_BY.values()) <= given.keys() and await asyncio.to_thread(docker_answers):
            in_containers = await self._containers.start(set(given))
        known = {**given, **in_containers}
        self._native = ServerSet(
            self._folder, StackFile(self._folder), report=silent, given=known, quick=True
        )
        addresses = await self._native.start()
        os.environ[OWN] = " ".join(
            name for name, variable in GIVEN_BY.items() if variable not in given
        )
        for name, variable in GIVEN_BY.items():
            way = "native"
            if variable in known:
                way = "given" if variable in given else "container"
            say(f"{name}: {way}")
        return addresses

    async def stop(self) -> None:
        if self._native is not None:
            await self._native.stop()
        await self._containers.stop()
