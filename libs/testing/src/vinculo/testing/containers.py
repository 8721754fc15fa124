"""The servers of a test run in containers, for machines with Docker."""

import asyncio
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vinculo.local.ports import free_ports
from vinculo.local.process_spec import NotReadyError, StartFailedError
from vinculo.local.servers import kafka, minio, mongodb, postgres

PASSWORD = "vinculo-tests"  # noqa: S105  # a server that lives as long as the tests
MINIO_IMAGE = "vinculo-minio"
START_SECONDS = 120
KAFKA = {
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
    "KAFKA_LISTENERS": "OUTSIDE://:9092,CONTROLLER://:9093",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_INTER_BROKER_LISTENER_NAME": "OUTSIDE",
    "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "3",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
    "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "500",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One container, the variables that tell where it is, and how it is known to be ready."""

    image: str
    inside: int
    port: int
    addresses: Mapping[str, str]
    ready: Callable[[], Awaitable[None]]
    settings: Mapping[str, str] = field(default_factory=dict)
    command: str | None = None


def wanted_containers(
    given: set[str], ports: Mapping[str, int], *, minio_image: bool
) -> list[Wanted]:
    """Give what is to be started: servers without a given address, MinIO only from its image."""
    server, outside = postgres.url(ports["postgres"], PASSWORD), f"127.0.0.1:{ports['kafka']}"
    known = [
        Wanted(
            image="postgres:18",
            inside=5432,
            port=ports["postgres"],
            addresses={"VINCULO_POSTGRES_URL": server},
            ready=lambda: postgres.check_ready(server),
            settings={"POSTGRES_USER": postgres.USER, "POSTGRES_PASSWORD": PASSWORD},
            command="postgres -c max_connections=400 -c fsync=off",
        ),
        Wanted(
            image="apache/kafka:4.3.1",
            inside=9092,
            port=ports["kafka"],
            addresses={"VINCULO_KAFKA": outside},
            ready=lambda: kafka.check_ready(outside),
            settings={**KAFKA, "KAFKA_ADVERTISED_LISTENERS": f"OUTSIDE://{outside}"},
        ),
        Wanted(
            # The set's member is named by the published port, so the server listens on it inside.
            image="mongo:8.0",
            inside=ports["mongodb"],
            port=ports["mongodb"],
            addresses={"VINCULO_MONGO_URL": mongodb.url(ports["mongodb"])},
            ready=lambda: mongodb.ensure_primary(ports["mongodb"]),
            command=f"--replSet rs0 --bind_ip_all --port {ports['mongodb']}",
        ),
    ]
    if minio_image:
        known.append(
            Wanted(
                image=MINIO_IMAGE,
                inside=9000,
                port=ports["minio"],
                addresses={
                    "VINCULO_S3_URL": f"http://127.0.0.1:{ports['minio']}",
                    "VINCULO_S3_ACCESS_KEY": "vinculo",
                    "VINCULO_S3_SECRET_KEY": PASSWORD,
                },
                ready=lambda: minio.check_ready(ports["minio"]),
                settings={"MINIO_ROOT_USER": "vinculo", "MINIO_ROOT_PASSWORD": PASSWORD},
            )
        )
    return [one for one in known if not one.addresses.keys() & given]


class Containers:
    """Starts a container for each server whose address is not given.

    Mail and SMS stay native; so does MinIO unless its image has been built, for none is published.
    """

    def __init__(self) -> None:
        self._running: list[Any] = []

    async def start(self, given: set[str]) -> dict[str, str]:
        """Give the addresses of what was started."""
        ports = free_ports(("postgres", "kafka", "mongodb", "minio"))
        wanted = wanted_containers(given, ports, minio_image=has_image(MINIO_IMAGE))
        for one in wanted:
            self._running.append(await asyncio.to_thread(_started, one))
        for one in wanted:
            await _until_ready(one)
        return {name: value for one in wanted for name, value in one.addresses.items()}

    async def stop(self) -> None:
        for container in self._running:
            await asyncio.to_thread(container.stop)
        self._running.clear()


def _started(wanted: Wanted) -> Any:  # noqa: ANN401  # of a package that is imported only here
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415  # asks Docker

    container = DockerContainer(wanted.image).with_envs(**wanted.settings)
    here: Any = ("127.0.0.1", wanted.port)  # as docker-py takes an address, not only a port
    container = container.with_bind_ports(wanted.inside, here)
    if wanted.command is not None:
        container = container.with_command(wanted.command)
    return container.start()


async def _until_ready(wanted: Wanted) -> None:
    deadline = asyncio.get_running_loop().time() + START_SECONDS
    while True:
        try:
            return await wanted.ready()
        except NotReadyError as missing:
            if asyncio.get_running_loop().time() > deadline:
                raise StartFailedError(f"container {wanted.image}: {missing}") from missing
        await asyncio.sleep(0.2)


def has_image(name: str) -> bool:
    asked = subprocess.run(  # noqa: S603  # fixed words
        ["docker", "image", "inspect", name],  # noqa: S607  # the one on PATH
        check=False,
        capture_output=True,
    )
    return asked.returncode == 0
