"""The six servers as child processes; those whose address is given are not started."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

from vinculo.local.process_spec import ProcessSpec
from vinculo.local.servers import kafka, message_sinks, minio, mongodb, postgres
from vinculo.local.settings import ServerAddresses
from vinculo.local.state import StackState
from vinculo.local.supervisor import ProgressReporter, StartStep, Supervisor, start_concurrently

PORTS = ("postgres", "kafka", "kafka-controller", "mongodb", "minio", "mail", "sms")
ADDRESS_VARIABLE_OF = {
    "postgres": "VINCULO_POSTGRES_URL",
    "kafka": "VINCULO_KAFKA",
    "mongodb": "VINCULO_MONGO_URL",
    "minio": "VINCULO_S3_URL",
    "mail": "VINCULO_SMTP",
    "sms": "VINCULO_SMS",
}
ACCESS_KEY = "vinculo"
STOP_TIMEOUT_SECONDS = 15.0


class ServerSet:
    """Starts all servers without a given address concurrently.

    `given` holds addresses by variable name (`VINCULO_KAFKA`…). With `quick`, for tests, data is
    not flushed to disk and Java compiles less. `postgres_settings` are `name=value`.
    """

    def __init__(
        self,
        directory: Path,
        state: StackState,
        *,
        report: ProgressReporter,
        given: Mapping[str, str],
        quick: bool = False,
        mongo_cache_gb: float = mongodb.CACHE_GB,
        postgres_settings: Sequence[str] = (),
        inherited_fds: tuple[int, ...] = (),
    ) -> None:
        self._directory = directory.resolve()
        self._state = state
        self._report = report
        self._given = given
        self._quick = quick
        self._mongo_cache_gb = mongo_cache_gb
        self._postgres_settings = postgres_settings
        self._specs: dict[str, ProcessSpec] = {}
        self._supervisor = Supervisor(
            lambda name, _: self._specs[name],
            self.log_path,
            report=report,
            inherited_fds=inherited_fds,
            stop_timeout_seconds=STOP_TIMEOUT_SECONDS,
        )

    def log_path(self, name: str) -> Path:
        return self._directory / "logs" / f"{name}.log"

    async def start(self) -> ServerAddresses:
        """The addresses of all servers, once those started here are ready."""
        ports = self._state.assign_ports(PORTS, {})
        prepare = {
            name: make
            for name, make in self._spec_makers(ports).items()
            if not self._is_given(name)
        }
        for name in prepare:
            self._report(name, StartStep.STARTING)
        await start_concurrently(self._start(name, make) for name, make in prepare.items())
        return self._addresses(ports)

    async def kill_server(self, name: str) -> None:
        """SIGKILL one server; it is not restarted."""
        await self._supervisor.kill(name)

    async def start_server(self, name: str) -> None:
        """Start a killed server with its data, and wait until it is ready."""
        await self._supervisor.start(name, {})

    async def stop(self) -> None:
        await self._supervisor.stop_all()

    async def lose_data(self, name: str) -> None:
        """Stop one of the servers, delete its data and start it again, empty; for tests."""
        await self._supervisor.stop(name)
        await asyncio.to_thread(shutil.rmtree, self._directory / name / "data")
        await self._start(name, self._spec_makers(self._state.ports)[name])

    def _is_given(self, name: str) -> bool:
        return ADDRESS_VARIABLE_OF[name] in self._given

    async def _start(self, name: str, make_spec: Callable[[], Awaitable[ProcessSpec]]) -> None:
        self._specs[name] = await make_spec()
        await self._supervisor.start(name, {})

    def _spec_makers(
        self, ports: dict[str, int]
    ) -> dict[str, Callable[[], Awaitable[ProcessSpec]]]:
        directory, state = self._directory, self._state
        return {
            "kafka": lambda: kafka.kafka_spec(
                directory / "kafka",
                port=ports["kafka"],
                controller_port=ports["kafka-controller"],
                log_path=self.log_path("kafka"),
                report=lambda detail: self._report("kafka", StartStep.STARTING, detail),
                quick_start=self._quick,
            ),
            "postgres": lambda: postgres.postgres_spec(
                directory / "postgres",
                port=ports["postgres"],
                password=state.secret("postgres"),
                log_path=self.log_path("postgres"),
                flush_to_disk=not self._quick,
                settings=self._postgres_settings,
            ),
            "mongodb": lambda: mongodb.mongodb_spec(
                directory / "mongodb", port=ports["mongodb"], cache_gb=self._mongo_cache_gb
            ),
            "minio": lambda: minio.minio_spec(
                directory / "minio",
                port=ports["minio"],
                access_key=ACCESS_KEY,
                secret_key=state.secret("minio"),
                log_path=self.log_path("minio"),
            ),
            "mail": lambda: message_sinks.mail_server_spec(directory / "mail", port=ports["mail"]),
            "sms": lambda: message_sinks.sms_gateway_spec(directory / "sms", port=ports["sms"]),
        }

    def _addresses(self, ports: dict[str, int]) -> ServerAddresses:
        native = ServerAddresses(
            postgres_url=postgres.url(ports["postgres"], self._state.secret("postgres")),
            kafka=f"127.0.0.1:{ports['kafka']}",
            mongo_url=mongodb.url(ports["mongodb"]),
            s3_url=f"http://127.0.0.1:{ports['minio']}",
            s3_access_key=ACCESS_KEY,
            s3_secret_key=self._state.secret("minio"),
            smtp=f"smtp://127.0.0.1:{ports['mail']}",
            sms=message_sinks.sms_url(ports["sms"]),
            mail_directory=self._directory / "mail",
            sms_directory=self._directory / "sms",
        )
        values = native.environment()
        for name, folder in (("mail", "VINCULO_MAIL_DIR"), ("sms", "VINCULO_SMS_DIR")):
            if self._is_given(name):
                values.pop(folder)
        return ServerAddresses.from_environment({**values, **self._given})
