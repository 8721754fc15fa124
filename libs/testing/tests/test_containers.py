"""Which servers of a test run come from containers, where there is Docker."""

from vinculo.testing.containers import wanted_containers

PORTS = {"postgres": 20001, "kafka": 20002, "mongodb": 20003, "minio": 20004}


def images(given: set[str], *, minio_image: bool = True) -> list[str]:
    return [one.image for one in wanted_containers(given, PORTS, minio_image=minio_image)]


def test_every_server_without_an_address_is_a_container() -> None:
    assert images(set()) == ["postgres:18", "apache/kafka:4.3.1", "mongo:8.0", "vinculo-minio"]


def test_a_server_with_an_address_is_left() -> None:
    given = {"VINCULO_KAFKA", "VINCULO_S3_URL"}
    assert images(given) == ["postgres:18", "mongo:8.0"]


def test_storage_stays_native_until_its_image_is_built() -> None:
    assert "vinculo-minio" not in images(set(), minio_image=False)


def test_addresses_lead_to_the_published_ports_of_this_machine() -> None:
    addresses = {
        name: value
        for one in wanted_containers(set(), PORTS, minio_image=True)
        for name, value in one.addresses.items()
    }
    assert addresses["VINCULO_KAFKA"] == "127.0.0.1:20002"
    assert addresses["VINCULO_MONGO_URL"] == "mongodb://127.0.0.1:20003/?replicaSet=rs0"
    assert addresses["VINCULO_POSTGRES_URL"].endswith("@127.0.0.1:20001/postgres")
    assert addresses["VINCULO_S3_URL"] == "http://127.0.0.1:20004"


def test_kafka_advertises_the_address_it_is_reached_at() -> None:
    [kafka] = [
        one
        for one in wanted_containers(set(), PORTS, minio_image=False)
        if "VINCULO_KAFKA" in one.addresses
    ]
    assert kafka.settings["KAFKA_ADVERTISED_LISTENERS"] == "OUTSIDE://127.0.0.1:20002"
