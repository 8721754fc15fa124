"""The whole system on one machine: servers, migrations, service processes and the gateway."""

import asyncio
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

from vinculo.local.lock import SystemLock
from vinculo.local.ports import is_free
from vinculo.local.process import run_to_completion
from vinculo.local.process_spec import ProcessSpec, StartFailedError
from vinculo.local.server_set import ServerSet
from vinculo.local.servers.gateway import DEFAULT_LIMITS, Upstreams, gateway_spec
from vinculo.local.servers.probes import check_http_ok
from vinculo.local.services import DEFAULT_COMMANDS, SERVICE_PROCESSES, ServiceCommands
from vinculo.local.settings import ADDRESS_VARIABLES, ServerAddresses, service_environment
from vinculo.local.state import StackState
from vinculo.local.supervisor import (
    ProgressReporter,
    StartStep,
    Supervisor,
    ignore_progress,
    start_concurrently,
)
from vinculo.local.web_build import build_web

PROCESS_BY_NAME = {process.name: process for process in SERVICE_PROCESSES}


class System:
    """One running system in one folder; only one process at a time can own the folder's lock.

    `environment` is added to the services' environment. Server addresses in it (`VINCULO_KAFKA`…)
    or in this process's environment replace servers. `namespace` prefixes databases, topics and
    buckets of systems that share servers. Without `port` the gateway gets a free one. `commands`
    are the command lines of services and migrations; tests pass stubs.
    """

    def __init__(
        self,
        directory: Path,
        *,
        environment: Mapping[str, str] | None = None,
        namespace: str = "",
        port: int | None = None,
        report: ProgressReporter = ignore_progress,
        commands: ServiceCommands = DEFAULT_COMMANDS,
    ) -> None:
        self._commands = commands
        self._directory = directory.resolve()
        self._extra_environment = dict(environment or {})
        self._namespace = namespace
        self._fixed_ports = {} if port is None else {"gateway": port}
        self._report = report
        self._exits = AsyncExitStack()
        self._ports: dict[str, int] = {}
        self._web = Path()
        self._environment: dict[str, str] = {}
        self._addresses: ServerAddresses | None = None
        self._supervisor: Supervisor | None = None

    @property
    def url(self) -> str:
        return self._environment["VINCULO_PUBLIC_URL"]

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the services."""
        return dict(self._environment)

    @property
    def addresses(self) -> ServerAddresses:
        if self._addresses is None:
            raise RuntimeError("The system is not started")
        return self._addresses

    def log_path(self, name: str) -> Path:
        return self._directory / "logs" / f"{name}.log"

    def logs(self) -> list[Path]:
        """The log files of all processes, of the migrations and of the gateway."""
        folders = (self._directory / "logs", self._directory / "gateway")
        return sorted(path for folder in folders for path in folder.glob("*.log"))

    def process_url(self, name: str) -> str:
        """The address of a process itself, not through the gateway."""
        return f"http://127.0.0.1:{self._ports[name]}"

    async def start(self) -> None:
        """Start everything; on failure or cancellation stop what was started."""
        try:
            await self._start()
        except BaseException:
            await self._exits.aclose()
            raise

    async def stop(self) -> None:
        await self._exits.aclose()

    async def start_process(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Start a stopped or killed process with additional environment; wait until ready."""
        await self._running.start(name, environment or {})

    async def restart(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Stop a process gracefully and start it with additional environment; wait until ready."""
        await self._running.stop(name)
        await self._running.start(name, environment or {})

    async def kill(self, name: str) -> None:
        """SIGKILL a process; it is not restarted."""
        await self._running.kill(name)

    async def wait_for_exit(self, name: str) -> int:
        """The exit code; negative when a signal ended the process."""
        return await self._running.wait_for_exit(name)

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
        state = StackState(self._directory)
        names = [*(process.name for process in SERVICE_PROCESSES), "gateway"]
        for name, port in self._fixed_ports.items():
            if not is_free(port):
                raise StartFailedError(f"port {port} for the {name} is in use; choose another one")
        self._ports = state.assign_ports(names, self._fixed_ports)
        inherited_fds = (lock.descriptor,)
        await self._start_servers(state, inherited_fds)
        self._environment = {
            **service_environment(
                state,
                self.addresses,
                public_url=f"http://127.0.0.1:{self._ports['gateway']}",
                jwks_port=self._ports["onboarding-api"],
                namespace=self._namespace,
            ),
            **self._extra_environment,
        }
        state.save_environment(self._environment)
        await self._migrate(inherited_fds)
        await self._build_web()
        self._supervisor = Supervisor(
            self._process_spec, self.log_path, report=self._report, inherited_fds=inherited_fds
        )
        self._exits.push_async_callback(self._supervisor.stop_all)
        await start_concurrently(self._supervisor.start(name, {}) for name in names)

    async def _start_servers(self, state: StackState, inherited_fds: tuple[int, ...]) -> None:
        environment = {**os.environ, **self._extra_environment}
        servers = ServerSet(
            self._directory,
            state,
            report=self._report,
            given={
                name: environment[name]
                for name in ADDRESS_VARIABLES.values()
                if name in environment
            },
            inherited_fds=inherited_fds,
        )
        self._exits.push_async_callback(servers.stop)
        self._addresses = await servers.start()

    async def _migrate(self, inherited_fds: tuple[int, ...]) -> None:
        self._report("migrations", StartStep.STARTING, "databases, schemas, topics")
        await run_to_completion(
            "migrations",
            self._commands.migrate_all,
            log_path=self.log_path("migrations"),
            directory=self._directory,
            environment=self._environment,
            inherited_fds=inherited_fds,
        )
        self._report("migrations", StartStep.READY)

    async def _build_web(self) -> None:
        self._report("web", StartStep.STARTING)
        self._web = await asyncio.to_thread(
            build_web, lambda detail: self._report("web", StartStep.STARTING, detail)
        )
        self._report("web", StartStep.READY)

    def _process_spec(self, name: str, environment: Mapping[str, str]) -> ProcessSpec:
        if name == "gateway":
            return self._gateway_spec()
        if name not in PROCESS_BY_NAME:
            raise StartFailedError(
                f"there is no process {name}; known processes: {', '.join(PROCESS_BY_NAME)}"
            )
        port = self._ports[name]
        return ProcessSpec(
            name=name,
            command=self._commands.service(PROCESS_BY_NAME[name], port),
            directory=self._directory,
            environment={**self._environment, **environment},
            ready=lambda: check_http_ok(port, "/health/ready"),
        )

    def _gateway_spec(self) -> ProcessSpec:
        def api(name: str) -> str:
            return f"127.0.0.1:{self._ports[name]}"

        environment = {**os.environ, **self._environment}
        return gateway_spec(
            self._directory / "gateway",
            port=self._ports["gateway"],
            web=self._web,
            upstreams=Upstreams(
                onboarding=api("onboarding-api"),
                documents=api("documents-api"),
                registry=api("customer-registry-api"),
                notifications=api("notifications-api"),
                query=api("query-api"),
                storage=urlsplit(self.addresses.s3_url).netloc,
                documents_bucket=self._environment["DOCUMENTS_BUCKET"],
                quarantine_bucket=self._environment["DOCUMENTS_QUARANTINE_BUCKET"],
                exports_bucket=self._environment["QUERY_EXPORTS_BUCKET"],
                limits={name: environment[name] for name in DEFAULT_LIMITS if name in environment},
            ),
        )
