"""Services that move to other addresses and that have several, behind a real nginx."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from vinculo.local.paths import deploy_file
from vinculo.local.ports import free_ports
from vinculo.local.process import ChildProcess
from vinculo.local.process_spec import NotReadyError, ProcessSpec
from vinculo.local.servers.gateway import gateway_spec, resolver
from vinculo.testing.waiting import eventually

from ..stub_name_server import name_server
from .test_gateway import STUB, built_pages, upstreams_at

NAME = "service.test"
FIRST, SECOND = "127.0.0.2", "127.0.0.3"
BAD_GATEWAY = 502


class MovingService:
    """A service behind a gateway: `addresses` is what the name server says of it."""

    def __init__(self, exits: AsyncExitStack, folder: Path, port: int) -> None:
        self.addresses: dict[str, list[str]] = {}
        self.client: httpx2.AsyncClient
        self._exits, self._folder, self._port = exits, folder, port
        self._replicas: dict[str, ChildProcess] = {}

    async def start_gateway(self) -> None:
        names = await self._exits.enter_async_context(name_server(self.addresses))
        port = free_ports(["gateway"])["gateway"]
        spec = gateway_spec(
            self._folder / "gateway",
            port=port,
            upstreams=upstreams_at([f"{NAME}:{self._port}"] * 6, {"VINCULO_RESOLVERS": names}),
            web=built_pages(self._folder / "web"),
        )
        await self._start(spec)
        client = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}")
        self.client = await self._exits.enter_async_context(client)

    async def start(self, address: str) -> None:
        """Start a replica that answers with its address."""

        async def check() -> None:
            try:
                async with httpx2.AsyncClient() as client:
                    await client.get(f"http://{address}:{self._port}/")
            except httpx2.TransportError as error:
                raise NotReadyError(str(error)) from error

        self._replicas[address] = await self._start(
            ProcessSpec(
                name=address,
                command=[sys.executable, str(STUB), address, str(self._port), address],
                directory=self._folder,
                ready=check,
            )
        )

    async def stop(self, address: str) -> None:
        await self._replicas.pop(address).stop()

    async def answering(self) -> str | None:
        """The address of the replica that answers a request, or None after a 502."""
        response = await self.client.get("/query/v1/x")
        return None if response.status_code == BAD_GATEWAY else response.json()["name"]

    async def answered_by(self, address: str) -> bool:
        return await self.answering() == address

    async def _start(self, spec: ProcessSpec) -> ChildProcess:
        child = ChildProcess(spec, self._folder / f"{spec.name}.log")
        child.start()
        self._exits.push_async_callback(child.stop)
        await child.wait_until_ready()
        return child


@pytest_asyncio.fixture(loop_scope="session")
async def service(tmp_path: Path) -> AsyncIterator[MovingService]:
    async with AsyncExitStack() as exits:
        moving = MovingService(exits, tmp_path, free_ports(["service"])["service"])
        await moving.start_gateway()
        yield moving


async def test_requests_follow_a_service_to_another_address(service: MovingService) -> None:
    await service.start(FIRST)
    service.addresses[NAME] = [FIRST]
    await eventually(lambda: service.answered_by(FIRST))
    await service.stop(FIRST)
    await service.start(SECOND)
    service.addresses[NAME] = [SECOND]
    await eventually(lambda: service.answered_by(SECOND))
    assert [await service.answering() for _ in range(10)] == [SECOND] * 10


async def test_a_gateway_without_services_starts_and_finds_them_later(
    service: MovingService,
) -> None:
    assert await service.answering() is None
    await service.start(FIRST)
    service.addresses[NAME] = [FIRST]
    await eventually(lambda: service.answered_by(FIRST))


async def test_replicas_share_the_requests(service: MovingService) -> None:
    for address in (FIRST, SECOND):
        await service.start(address)
    service.addresses[NAME] = [FIRST, SECOND]
    await eventually(lambda: service.answered_by(FIRST))
    await eventually(lambda: service.answered_by(SECOND))
    answers = Counter([await service.answering() for _ in range(20)])
    assert answers == {FIRST: 10, SECOND: 10}


async def test_no_request_fails_when_one_of_two_replicas_stops(service: MovingService) -> None:
    """Also while the name server still has its address, as after a crash."""
    for address in (FIRST, SECOND):
        await service.start(address)
    service.addresses[NAME] = [FIRST, SECOND]
    await eventually(lambda: service.answered_by(SECOND))
    await service.stop(FIRST)
    assert [await service.answering() for _ in range(20)] == [SECOND] * 20


def test_the_container_asks_the_given_name_servers_or_its_own() -> None:
    own = [
        line.split()[1]
        for line in Path("/etc/resolv.conf").read_text(encoding="utf-8").splitlines()
        if line.startswith("nameserver ")
    ]
    bracketed = [f"[{each}]" if ":" in each else each for each in own]
    assert _directive("10.0.0.1,10.0.0.2:53").split() == resolver("10.0.0.1,10.0.0.2:53").split()
    assert _directive("").split() == ["resolver", *bracketed, "valid=2s;"]


def _directive(name_servers: str) -> str:
    script = deploy_file("gateway/15-directives.envsh")
    result = subprocess.run(  # noqa: S603  # our own script
        ["/bin/sh", "-eu", "-c", f'. "{script}"; printf %s "$VINCULO_RESOLVER"'],
        check=True,
        capture_output=True,
        text=True,
        env={"VINCULO_RESOLVERS": name_servers, "PATH": os.environ["PATH"]},
    )
    return result.stdout


def test_a_name_server_is_an_address() -> None:
    assert resolver("") == ""
    assert resolver("127.0.0.11, [::1]:53") == "resolver 127.0.0.11 [::1]:53 valid=2s;"
    with pytest.raises(ValueError, match="dns"):
        resolver("127.0.0.11,dns:53")
