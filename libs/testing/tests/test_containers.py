"""The servers of a test run that are started in containers, if there is Docker."""

import re
from typing import Any
from unittest.mock import Mock

import pytest

from vinculo.local.paths import ROOT
from vinculo.testing.containers import required_containers, start_container

PORTS = {"postgres": 20001, "kafka": 20002, "mongodb": 20003, "minio": 20004}


def images(given: set[str], *, minio_image: bool = True) -> list[str]:
    return [spec.image for spec in required_containers(given, PORTS, minio_image=minio_image)]


def test_every_server_without_an_address_is_a_container() -> None:
    assert images(set()) == [
        *("postgres:18.1", "apache/kafka:4.3.1", "mongo:8.0.15"),
        "vinculo-minio",
    ]


def test_a_server_with_an_address_is_not_started() -> None:
    given = {"VINCULO_KAFKA", "VINCULO_S3_URL"}
    assert images(given) == ["postgres:18.1", "mongo:8.0.15"]


def test_storage_is_native_until_its_image_is_built() -> None:
    assert "vinculo-minio" not in images(set(), minio_image=False)


def test_addresses_have_the_published_ports() -> None:
    addresses = {
        name: value
        for spec in required_containers(set(), PORTS, minio_image=True)
        for name, value in spec.addresses.items()
    }
    assert addresses["VINCULO_KAFKA"] == "127.0.0.1:20002"
    assert addresses["VINCULO_MONGO_URL"] == "mongodb://127.0.0.1:20003/?replicaSet=rs0"
    assert addresses["VINCULO_POSTGRES_URL"].endswith("@127.0.0.1:20001/postgres")
    assert addresses["VINCULO_S3_URL"] == "http://127.0.0.1:20004"


def test_kafka_advertises_its_published_address() -> None:
    [kafka] = [
        spec
        for spec in required_containers(set(), PORTS, minio_image=False)
        if "VINCULO_KAFKA" in spec.addresses
    ]
    assert kafka.settings["KAFKA_ADVERTISED_LISTENERS"] == "OUTSIDE://127.0.0.1:20002"


def test_the_images_are_those_of_the_system_in_containers() -> None:
    composed = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    pinned = set(re.findall(r"image: \$\{[A-Z]+_IMAGE:-(.*)\}", composed)) | {"vinculo-minio"}
    assert set(images(set())) <= pinned


@pytest.mark.parametrize("number", range(4))
def test_a_container_is_published_on_the_loopback_address_only(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What reaches Docker's client, without an engine."""
    started: dict[str, Any] = {}

    class Client:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def create(self, image: str, **options: object) -> Mock:
            started.update(options, image=image)
            return Mock()

        def start(self, _: object) -> None:
            pass

    monkeypatch.setattr("testcontainers.core.container.DockerClient", Client)
    monkeypatch.setattr("testcontainers.core.container.Reaper.get_instance", lambda: None)
    spec = required_containers(set(), PORTS, minio_image=True)[number]

    start_container(spec)

    assert started["image"] == spec.image
    assert started["ports"] == {f"{spec.container_port}/tcp": ("127.0.0.1", spec.port)}
