"""What is downloaded is checked, and half of it never looks whole."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from vinculo.local.caches import cache_directory
from vinculo.local.program import StartFailedError
from vinculo.local.servers.kafka_jars import Fetch, jars_list, kafka_jars

NAMES = [f"org.example:part-{number}:1.0" for number in range(12)]
WANTED = {name: sha256(name.encode()).hexdigest() for name in NAMES}


def quiet(detail: str) -> None:
    del detail


def fetching(spoil: Callable[[str], bytes]) -> Callable[[Path], Fetch]:
    """Stand in for the repository: a file holds its own name unless `spoil` says otherwise."""

    def at(repository: Path) -> Fetch:
        repository.mkdir(parents=True)

        def fetch(coordinate: str) -> Path:
            path = repository / f"{coordinate.split(':')[1]}.jar"
            path.write_bytes(spoil(coordinate))
            return path

        return fetch

    return at


def failing_at(bad: str, error: Exception) -> Callable[[str], bytes]:
    def spoil(coordinate: str) -> bytes:
        if coordinate == bad:
            raise error
        return coordinate.encode()

    return spoil


def test_all_files_are_there_once_all_are_checked(tmp_path: Path) -> None:
    told: list[str] = []
    folder = kafka_jars(tmp_path, told.append, wanted=WANTED, fetching=fetching(str.encode))
    assert sorted(path.name for path in folder.iterdir()) == sorted(
        f"part-{number}.jar" for number in range(12)
    )
    assert told[-1] == "downloading Kafka, 12 of 12 files"


def test_nothing_is_downloaded_twice(tmp_path: Path) -> None:
    first = kafka_jars(tmp_path, quiet, wanted=WANTED, fetching=fetching(str.encode))
    broken = fetching(failing_at(NAMES[0], OSError("no network")))
    assert kafka_jars(tmp_path, quiet, wanted=WANTED, fetching=broken) == first


def test_a_file_that_is_not_the_expected_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StartFailedError, match="is not the expected file"):
        kafka_jars(tmp_path, quiet, wanted=WANTED, fetching=fetching(lambda _: b"other"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("error", [OSError("no network"), RuntimeError("not found")])
def test_a_broken_download_leaves_nothing(tmp_path: Path, error: Exception) -> None:
    broken = fetching(failing_at(NAMES[7], error))
    with pytest.raises(StartFailedError, match="check the network and try again"):
        kafka_jars(tmp_path, quiet, wanted=WANTED, fetching=broken)
    assert list(tmp_path.iterdir()) == []


def test_another_list_is_another_folder(tmp_path: Path) -> None:
    fewer = dict(list(WANTED.items())[:3])
    first = kafka_jars(tmp_path, quiet, wanted=WANTED, fetching=fetching(str.encode))
    second = kafka_jars(tmp_path, quiet, wanted=fewer, fetching=fetching(str.encode))
    assert first != second


def test_the_committed_list_names_one_version_of_every_part() -> None:
    parts = [name.rpartition(":")[0] for name in jars_list()]
    assert len(parts) == len(set(parts)) == 46
    assert all(len(digest) == 64 for digest in jars_list().values())


def test_the_cache_is_where_the_user_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_directory() == tmp_path / "vinculo"


def test_the_cache_is_in_the_checkout_when_there_is_no_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", "/proc/nowhere")
    monkeypatch.chdir(tmp_path)
    assert cache_directory() == tmp_path / ".vinculo" / "cache"
