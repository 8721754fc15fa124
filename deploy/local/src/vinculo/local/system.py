"""The whole system on one machine: servers, one-shot jobs, service processes and the gateway."""

import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

from vinculo.local.addresses import VARIABLES, Addresses
from vinculo.local.child import run_to_end
from vinculo.local.lock import SystemLock
from vinculo.local.members import COMMANDS, PROCESSES, Commands
from vinculo.local.ports import is_free
from vinculo.local.program import NotReadyError, Program, StartFailedError
from vinculo.local.progress import Report, Step, silent
from vinculo.local.server_set import ServerSet
from vinculo.local.servers.answers import http_status
from vinculo.local.servers.gateway import Upstreams, gateway
from vinculo.local.settings import environment as settings
from vinculo.local.stack_file import StackFile
from vinculo.local.supervision import Supervisor
from vinculo.local.together import start_together

OK = 200
BY_NAME = {process.name: process for process in PROCESSES}


class System:
    """One running system in one folder; only the owner of the folder's lock can start it.

    `environment` is added to what the services are given, and its server addresses
    (`VINCULO_KAFKA`…), like those of this process, replace servers. `namespace` goes before
    databases, topics and buckets of systems that share servers. Without `port` the gateway takes a
    free one. `commands` say how processes and jobs are run; tests put stand-ins there.
    """

    def __init__(
        self,
        directory: Path,
        *,
        environment: Mapping[str, str] | None = None,
        namespace: str = "",
        port: int | None = None,
        report: Report = silent,
        commands: Commands = COMMANDS,
    ) -> None:
        self._commands = commands
        self._directory = directory.resolve()
        self._extra = dict(environment or {})
        self._namespace = namespace
        self._fixed = {} if port is None else {"gateway": port}
        self._report = report
        self._exits = AsyncExitStack()
        self._ports: dict[str, int] = {}
        self._environment: dict[str, str] = {}
        self._addresses: Addresses | None = None
        self._supervisor: Supervisor | None = None

    @property
    def url(self) -> str:
        return self._environment["VINCULO_PUBLIC_URL"]

    @property
    def environment(self) -> dict[str, str]:
        """What the services were given."""
        return dict(self._environment)

    @property
    def addresses(self) -> Addresses:
        if self._addresses is None:
            raise RuntimeError("The system is not started")
        return self._addresses

    def log_path(self, name: str) -> Path:
        return self._directory / "logs" / f"{name}.log"

    def logs(self) -> list[Path]:
        """Give every file that a process, a job or the gateway has logged to."""
        folders = (self._directory / "logs", self._directory / "gateway")
        return sorted(path for folder in folders for path in folder.glob("*.log"))

    def process_url(self, name: str) -> str:
        """Give where a process answers by itself, past the gateway."""
        return f"http://127.0.0.1:{self._ports[name]}"

    async def start(self) -> None:
        """Start everything; when something fails, or this is cancelled, nothing is left running."""
        try:
            await self._start()
        except BaseException:
            await self._exits.aclose()
            raise

    async def stop(self) -> None:
        await self._exits.aclose()

    async def start_process(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Start a stopped or killed process, with further environment, and wait until ready."""
        await self._running.start(name, environment or {})

    async def restart(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Stop it in order and start it again, with further environment, until it is ready."""
        await self._running.stop(name)
        await self._running.start(name, environment or {})

    async def kill(self, name: str) -> None:
        """SIGKILL it; it stays down until it is started."""
        await self._running.kill(name)

    async def ended(self, name: str) -> int:
        """Wait until it is dead and give its code; negative is the signal."""
        return await self._running.ended(name)

    def is_running(self, name: str) -> bool:
        return self._running.is_running(name)

    @property
    def _running(self) -> Supervisor:
        if self._supervisor is None:
            raise RuntimeError("The system is not started")
        return self._supervisor

    async def _start(self) -> None:
        lock = SystemLock(self._directory)
        await self._exits.enter_async_context(lock)
        stack = StackFile(self._directory)
        names = [*(process.name for process in PROCESSES), "gateway"]
        for name, port in self._fixed.items():
            if not is_free(port):
                raise StartFailedError(f"port {port} for the {name} is taken; choose another one")
        self._ports = stack.choose_ports(names, self._fixed)
        inherited = (lock.descriptor,)
        await self._start_servers(stack, inherited)
        self._environment = {
            **settings(
                stack,
                self.addresses,
                public_url=f"http://127.0.0.1:{self._ports['gateway']}",
                jwks_port=self._ports["onboarding-api"],
                namespace=self._namespace,
            ),
            **self._extra,
        }
        stack.remember(self._environment)
        await self._run_jobs(inherited)
        self._supervisor = Supervisor(
            self._program, self.log_path, report=self._report, inherited=inherited
        )
        self._exits.push_async_callback(self._supervisor.stop_all)
        await start_together(self._supervisor.start(name, {}) for name in names)

    async def _start_servers(self, stack: StackFile, inherited: tuple[int, ...]) -> None:
        given = {**os.environ, **self._extra}
        servers = ServerSet(
            self._directory,
            stack,
            report=self._report,
            given={name: given[name] for name in VARIABLES.values() if name in given},
            inherited=inherited,
        )
        self._exits.push_async_callback(servers.stop)
        self._addresses = await servers.start()

    async def _run_jobs(self, inherited: tuple[int, ...]) -> None:
        self._report("jobs", Step.STARTING, "databases, schemas, topics")
        await run_to_end(
            "jobs",
            self._commands.jobs,
            log_path=self.log_path("jobs"),
            directory=self._directory,
            environment=self._environment,
            inherited=inherited,
        )
        self._report("jobs", Step.READY)

    def _program(self, name: str, environment: Mapping[str, str]) -> Program:
        if name == "gateway":
            return self._gateway()
        if name not in BY_NAME:
            raise StartFailedError(f"there is no process {name}; there are {', '.join(BY_NAME)}")
        port = self._ports[name]
        return Program(
            name=name,
            command=self._commands.service(BY_NAME[name], port),
            directory=self._directory,
            environment={**self._environment, **environment},
            ready=lambda: _is_ready(port),
        )

    def _gateway(self) -> Program:
        def api(name: str) -> str:
            return f"127.0.0.1:{self._ports[name]}"

        given = {**os.environ, **self._environment}
        return gateway(
            self._directory / "gateway",
            port=self._ports["gateway"],
            upstreams=Upstreams(
                onboarding=api("onboarding-api"),
                documents=api("documents-api"),
                registry=api("customer-registry-api"),
                query=api("query-api"),
                storage=urlsplit(self.addresses.s3_url).netloc,
                documents_bucket=self._environment["DOCUMENTS_BUCKET"],
                exports_bucket=self._environment["QUERY_EXPORTS_BUCKET"],
                rates={
                    name: value
                    for name, value in given.items()
                    if name.startswith(("VINCULO_RATE_", "VINCULO_BURST_"))
                },
            ),
        )


async def _is_ready(port: int) -> None:
    if (status := await http_status(port, "/health/ready")) != OK:
        raise NotReadyError(f"/health/ready answers {status}")
