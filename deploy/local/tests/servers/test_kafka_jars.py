"""Downloaded jars are checked, and an interrupted download never looks complete."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from vinculo.local.process_spec import StartFailedError
from vinculo.local.servers.kafka_jars import Fetch, ensure_kafka_jars, pinned_jars

NAMES = [f"org.example:part-{number}:1.0" for number in range(12)]
PINNED = {name: sha256(name.encode()).hexdigest() for name in NAMES}


def quiet(detail: str) -> None:
    del detail


def fetcher(content_of: Callable[[str], bytes]) -> Callable[[Path], Fetch]:
    """Replaces the Maven repository: `content_of` gives a file's content by its coordinate."""

    def at(repository: Path) -> Fetch:
        repository.mkdir(parents=True)

        def fetch(coordinate: str) -> Path:
            path = repository / f"{coordinate.split(':')[1]}.jar"
            path.write_bytes(content_of(coordinate))
            return path

        return fetch

    return at


def failing_at(bad: str, error: Exception) -> Callable[[str], bytes]:
    def content_of(coordinate: str) -> bytes:
        if coordinate == bad:
            raise error
        return coordinate.encode()

    return content_of


def test_the_folder_holds_every_checked_jar(tmp_path: Path) -> None:
    reported: list[str] = []
    folder = ensure_kafka_jars(
        tmp_path, reported.append, pinned=PINNED, make_fetch=fetcher(str.encode)
    )
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"part-{number}.jar" for number in range(12)
    )
    assert reported[-1] == "downloading Kafka, 12 of 12 files"


def test_nothing_is_downloaded_twice(tmp_path: Path) -> None:
    first = ensure_kafka_jars(tmp_path, quiet, pinned=PINNED, make_fetch=fetcher(str.encode))
    broken = fetcher(failing_at(NAMES[0], OSError("no network")))
    assert ensure_kafka_jars(tmp_path, quiet, pinned=PINNED, make_fetch=broken) == first


def test_a_jar_with_another_hash_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(StartFailedError, match="is not the expected file"):
        ensure_kafka_jars(tmp_path, quiet, pinned=PINNED, make_fetch=fetcher(lambda _: b"other"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [OSError("no network"), RuntimeError("not found")])
def test_a_failed_download_leaves_no_files(tmp_path: Path, error: Exception) -> None:
    broken = fetcher(failing_at(NAMES[7], error))
    with pytest.raises(StartFailedError, match="check the network and try again"):
        ensure_kafka_jars(tmp_path, quiet, pinned=PINNED, make_fetch=broken)
    assert list(tmp_path.iterdir()) == []


def test_another_list_of_jars_gets_another_folder(tmp_path: Path) -> None:
    fewer = dict(list(PINNED.items())[:3])
    first = ensure_kafka_jars(tmp_path, quiet, pinned=PINNED, make_fetch=fetcher(str.encode))
    second = ensure_kafka_jars(tmp_path, quiet, pinned=fewer, make_fetch=fetcher(str.encode))
    assert first != second


def test_the_committed_list_has_one_version_of_every_artifact() -> None:
    parts = [name.rpartition(":")[0] for name in pinned_jars()]
    assert len(parts) == len(set(parts)) == 46
    assert all(len(digest) == 64 for digest in pinned_jars().values())
