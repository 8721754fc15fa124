"""The servers of a test run in containers, for machines with Docker."""

import subprocess
import time
from typing import Any

from vinculo.local.ports import free_ports

PASSWORD = "vinculo-tests"  # noqa: S105  # a server that lives as long as the tests
MINIO_IMAGE = "vinculo-minio"
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


class Containers:
    """Starts a container for each server whose address is not given.

    Mail stays native; so does MinIO unless its image has been built, for none is published.
    """

    def __init__(self) -> None:
        self._running: list[Any] = []

    def start(self, given: set[str]) -> dict[str, str]:
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415  # asks Docker
        from testcontainers.core.waiting_utils import wait_for_logs  # noqa: PLC0415

        ports = free_ports(("postgres", "kafka", "mongodb", "minio"))
        addresses: dict[str, str] = {}
        waits: list[tuple[Any, str]] = []

        def run(image: str, inside: int, name: str, line: str, **settings: str) -> DockerContainer:
            container = DockerContainer(image).with_bind_ports(inside, ports[name])
            for key, value in settings.items():
                container = container.with_env(key, value)
            waits.append((container, line))
            return container

        if "VINCULO_POSTGRES_URL" not in given:
            run(
                "postgres:18",
                5432,
                "postgres",
                "database system is ready to accept connections.*"
                "database system is ready to accept connections",
                POSTGRES_USER="vinculo",
                POSTGRES_PASSWORD=PASSWORD,
            )
            address = f"vinculo:{PASSWORD}@127.0.0.1:{ports['postgres']}/postgres"
            addresses["VINCULO_POSTGRES_URL"] = f"postgresql://{address}"
        if "VINCULO_KAFKA" not in given:
            outside = f"OUTSIDE://127.0.0.1:{ports['kafka']}"
            settings = {**KAFKA, "KAFKA_ADVERTISED_LISTENERS": outside}
            run("apache/kafka:4.3.1", 9092, "kafka", "Kafka Server started", **settings)
            addresses["VINCULO_KAFKA"] = f"127.0.0.1:{ports['kafka']}"
        if "VINCULO_MONGO_URL" not in given:
            mongo = run("mongo:8.0", 27017, "mongodb", "Waiting for connections")
            mongo.with_command("--replSet rs0 --bind_ip_all")
            addresses["VINCULO_MONGO_URL"] = (
                f"mongodb://127.0.0.1:{ports['mongodb']}/?directConnection=true"
            )
        if "VINCULO_S3_URL" not in given and _has_image(MINIO_IMAGE):
            store = run(
                MINIO_IMAGE,
                9000,
                "minio",
                "API:",
                MINIO_ROOT_USER="vinculo",
                MINIO_ROOT_PASSWORD=PASSWORD,
            )
            store.with_command("server /data")
            addresses |= {
                "VINCULO_S3_URL": f"http://127.0.0.1:{ports['minio']}",
                "VINCULO_S3_ACCESS_KEY": "vinculo",
                "VINCULO_S3_SECRET_KEY": PASSWORD,
            }
        for container, _ in waits:
            self._running.append(container.start())
        for container, line in waits:
            wait_for_logs(container, line, timeout=60)
        if "VINCULO_MONGO_URL" in addresses:
            _make_primary(addresses["VINCULO_MONGO_URL"])
        return addresses

    def stop(self) -> None:
        for container in self._running:
            container.stop()
        self._running.clear()


def _make_primary(address: str) -> None:
    from pymongo import MongoClient  # noqa: PLC0415

    with MongoClient[dict[str, Any]](address) as client:
        members = [{"_id": 0, "host": "localhost:27017"}]
        client.admin.command("replSetInitiate", {"_id": "rs0", "members": members})
        deadline = time.monotonic() + 30
        while not client.admin.command("hello").get("isWritablePrimary"):
            if time.monotonic() > deadline:
                raise TimeoutError("MongoDB's container does not become primary")
            time.sleep(0.1)


def _has_image(name: str) -> bool:
    asked = subprocess.run(  # noqa: S603  # a fixed command
        ["docker", "image", "inspect", name],  # noqa: S607  # the one on PATH
        check=False,
        capture_output=True,
    )
    return asked.returncode == 0
