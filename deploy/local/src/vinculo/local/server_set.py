"""The six servers as children of this process; those with a given address are left alone."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from vinculo.local.addresses import Addresses
from vinculo.local.program import Program
from vinculo.local.progress import Report, Step
from vinculo.local.servers import kafka, mail, minio, mongodb, postgres, sms
from vinculo.local.stack_file import StackFile
from vinculo.local.supervision import Supervisor
from vinculo.local.together import start_together

PORTS = ("postgres", "kafka", "kafka-controller", "mongodb", "minio", "mail", "sms")
ACCESS_KEY = "vinculo"
STOP_SECONDS = 15.0


class ServerSet:
    """Starts what is not given, all at once, and tells where everything is.

    `given` are addresses by variable name (`VINCULO_KAFKA`…). With `quick` nothing is forced to
    disk and Java compiles less: for tests.
    """

    def __init__(
        self,
        directory: Path,
        stack: StackFile,
        *,
        report: Report,
        given: Mapping[str, str],
        quick: bool = False,
        mongo_cache_gb: float = mongodb.CACHE_GB,
        inherited: tuple[int, ...] = (),
    ) -> None:
        self._directory = directory.resolve()
        self._stack = stack
        self._report = report
        self._given = given
        self._quick = quick
        self._mongo_cache_gb = mongo_cache_gb
        self._programs: dict[str, Program] = {}
        self._supervisor = Supervisor(
            lambda name, _: self._programs[name],
            self.log_path,
            report=report,
            inherited=inherited,
            stop_seconds=STOP_SECONDS,
        )

    def log_path(self, name: str) -> Path:
        return self._directory / "logs" / f"{name}.log"

    async def start(self) -> Addresses:
        ports = self._stack.choose_ports(PORTS, {})
        starts = {name: make for name, make in self._makers(ports).items() if not self._has(name)}
        for name in starts:
            self._report(name, Step.STARTING)
        await start_together(self._start(name, make) for name, make in starts.items())
        return self._addresses(ports)

    async def stop(self) -> None:
        await self._supervisor.stop_all()

    def _has(self, name: str) -> bool:
        return GIVEN_BY[name] in self._given

    async def _start(self, name: str, make: Callable[[], Awaitable[Program]]) -> None:
        self._programs[name] = await make()
        await self._supervisor.start(name, {})

    def _makers(self, ports: dict[str, int]) -> dict[str, Callable[[], Awaitable[Program]]]:
        data, stack = self._directory, self._stack
        return {
            "kafka": lambda: kafka.kafka(
                data / "kafka",
                port=ports["kafka"],
                controller_port=ports["kafka-controller"],
                log_path=self.log_path("kafka"),
                report=lambda detail: self._report("kafka", Step.STARTING, detail),
                quick_start=self._quick,
            ),
            "postgres": lambda: postgres.postgres(
                data / "postgres",
                port=ports["postgres"],
                password=stack.secret("postgres"),
                log_path=self.log_path("postgres"),
                durable=not self._quick,
            ),
            "mongodb": lambda: mongodb.mongodb(
                data / "mongodb", port=ports["mongodb"], cache_gb=self._mongo_cache_gb
            ),
            "minio": lambda: minio.minio(
                data / "minio",
                port=ports["minio"],
                access_key=ACCESS_KEY,
                secret_key=stack.secret("minio"),
                log_path=self.log_path("minio"),
            ),
            "mail": lambda: mail.mail(data / "mail", port=ports["mail"]),
            "sms": lambda: sms.sms(data / "sms", port=ports["sms"]),
        }

    def _addresses(self, ports: dict[str, int]) -> Addresses:
        native = Addresses(
            postgres_url=postgres.url(ports["postgres"], self._stack.secret("postgres")),
            kafka=f"127.0.0.1:{ports['kafka']}",
            mongo_url=mongodb.url(ports["mongodb"]),
            s3_url=f"http://127.0.0.1:{ports['minio']}",
            s3_access_key=ACCESS_KEY,
            s3_secret_key=self._stack.secret("minio"),
            smtp=f"smtp://127.0.0.1:{ports['mail']}",
            sms=sms.url(ports["sms"]),
            mail_directory=self._directory / "mail",
            sms_directory=self._directory / "sms",
        )
        values = native.environment()
        for name, folder in (("mail", "VINCULO_MAIL_DIR"), ("sms", "VINCULO_SMS_DIR")):
            if self._has(name):
                values.pop(folder)
        return Addresses.from_environment({**values, **self._given})


GIVEN_BY = {
    "postgres": "VINCULO_POSTGRES_URL",
    "kafka": "VINCULO_KAFKA",
    "mongodb": "VINCULO_MONGO_URL",
    "minio": "VINCULO_S3_URL",
    "mail": "VINCULO_SMTP",
    "sms": "VINCULO_SMS",
}
