"""Starts the servers of a test run in containers, on machines with Docker."""

import asyncio
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vinculo.local.ports import free_ports
from vinculo.local.process_spec import NotReadyError, StartFailedError
from vinculo.local.servers import kafka, minio, mongodb, postgres

PASSWORD = "vinculo-tests"  # noqa: S105  # of servers that exist during the tests only
MINIO_IMAGE = "vinculo-minio"
START_TIMEOUT_SECONDS = 120
POLL_SECONDS = 0.2
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
class ContainerSpec:
    """A container to start, the variables with its addresses, and the check that it is ready."""

    image: str
    container_port: int
    port: int
    addresses: Mapping[str, str]
    ready: Callable[[], Awaitable[None]]
    settings: Mapping[str, str] = field(default_factory=dict)
    command: str | None = None


def required_containers(
    given: set[str], ports: Mapping[str, int], *, minio_image: bool
) -> list[ContainerSpec]:
    """The containers of all servers without a given address; MinIO's only if its image exists."""
    server, kafka_address = postgres.url(ports["postgres"], PASSWORD), f"127.0.0.1:{ports['kafka']}"
    specs = [
        ContainerSpec(
            image="postgres:18.1",
            container_port=5432,
            port=ports["postgres"],
            addresses={"VINCULO_POSTGRES_URL": server},
            ready=lambda: postgres.check_ready(server),
            settings={"POSTGRES_USER": postgres.USER, "POSTGRES_PASSWORD": PASSWORD},
            command="postgres -c max_connections=400 -c fsync=off",
        ),
        ContainerSpec(
            image="apache/kafka:4.3.1",
            container_port=9092,
            port=ports["kafka"],
            addresses={"VINCULO_KAFKA": kafka_address},
            ready=lambda: kafka.check_ready(kafka_address),
            settings={**KAFKA, "KAFKA_ADVERTISED_LISTENERS": f"OUTSIDE://{kafka_address}"},
        ),
        ContainerSpec(
            # The member of the set is named by the published port, so the server listens on it.
            image="mongo:8.0.15",
            container_port=ports["mongodb"],
            port=ports["mongodb"],
            addresses={"VINCULO_MONGO_URL": mongodb.url(ports["mongodb"])},
            ready=lambda: mongodb.ensure_primary(ports["mongodb"]),
            command=f"--replSet rs0 --bind_ip_all --port {ports['mongodb']}",
        ),
    ]
    if minio_image:
        specs.append(
            ContainerSpec(
                image=MINIO_IMAGE,
                container_port=9000,
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
    return [spec for spec in specs if not spec.addresses.keys() & given]


class Containers:
    """Starts a container for each server without a given address.

    Mail and SMS are always native, and so is MinIO unless its image has been built, because none is
    published.
    """

    def __init__(self) -> None:
        self._running: list[Any] = []

    async def start(self, given: set[str]) -> dict[str, str]:
        """Start the containers, wait until they are ready, and return their addresses."""
        ports = free_ports(("postgres", "kafka", "mongodb", "minio"))
        specs = required_containers(given, ports, minio_image=has_image(MINIO_IMAGE))
        for spec in specs:
            self._running.append(await asyncio.to_thread(start_container, spec))
        for spec in specs:
            await _wait_until_ready(spec)
        return {name: value for spec in specs for name, value in spec.addresses.items()}

    async def stop(self) -> None:
        for container in self._running:
            await asyncio.to_thread(container.stop)
        self._running.clear()


def start_container(spec: ContainerSpec) -> Any:  # noqa: ANN401  # of a package that is imported only here
    """Start it, published on the loopback address."""
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415  # connects to Docker

    container: Any = DockerContainer(spec.image).with_envs(**spec.settings)
    # `with_bind_ports` takes no address, but passes this on to docker-py, which does.
    container.ports[f"{spec.container_port}/tcp"] = ("127.0.0.1", spec.port)
    if spec.command is not None:
        container = container.with_command(spec.command)
    return container.start()


async def _wait_until_ready(spec: ContainerSpec) -> None:
    deadline = asyncio.get_running_loop().time() + START_TIMEOUT_SECONDS
    while True:
        try:
            return await spec.ready()
        except NotReadyError as error:
            if asyncio.get_running_loop().time() > deadline:
                raise StartFailedError(f"container {spec.image}: {error}") from error
        await asyncio.sleep(POLL_SECONDS)


def has_image(name: str) -> bool:
    inspected = subprocess.run(  # noqa: S603  # fixed arguments
        ["docker", "image", "inspect", name],  # noqa: S607  # the one on PATH
        check=False,
        capture_output=True,
    )
    return inspected.returncode == 0
