"""The jars of Apache Kafka, fetched once by jgo and held to the committed SHA-256 list."""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from vinculo.local.program import StartFailedError

THREADS = 8
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


Fetch = Callable[[str], Path]


def fetching_by_jgo(repository: Path) -> Fetch:
    """Give a function that downloads one group:artifact:version into this folder."""
    from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415  # slow, needed once

    if CERTIFICATES.exists():
        # requests brings its own list of authorities, without those this machine was given.
        os.environ.setdefault("REQUESTS_CA_BUNDLE", str(CERTIFICATES))
    logging.getLogger("jgo").setLevel(logging.ERROR)
    context = MavenContext(repo_cache=repository, resolver=PythonResolver())

    def fetch(coordinate: str) -> Path:
        group, artifact, version = coordinate.split(":")
        component = context.project(group, artifact).at_version(version)
        return Path(component.artifact().resolve())

    return fetch


def jars_list() -> dict[str, str]:
    """Give group:artifact:version → SHA-256."""
    text = files("vinculo.local").joinpath("kafka-jars.lock").read_text(encoding="ascii")
    return dict(line.split() for line in text.splitlines())


def kafka_jars(
    cache: Path,
    report: Callable[[str], None],
    *,
    wanted: Mapping[str, str] | None = None,
    fetching: Callable[[Path], Fetch] = fetching_by_jgo,
) -> Path:
    """Give the folder with every jar; download and check them first when it is not there.

    The folder's name holds the list's hash and it is renamed into place when complete, so a
    killed download never looks whole.
    """
    jars = jars_list() if wanted is None else wanted
    edition = sha256(repr(sorted(jars.items())).encode()).hexdigest()[:16]
    folder = cache / f"kafka-{edition}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix="kafka-", suffix=".making", dir=cache))
    try:
        (making / "jars").mkdir()
        _download(jars, fetching(making / "repository"), making / "jars", report)
        try:
            (making / "jars").rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise another process was quicker
                raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


def _download(
    wanted: Mapping[str, str], fetch: Fetch, jars: Path, report: Callable[[str], None]
) -> None:
    def take(coordinate: str) -> None:
        path = fetch(coordinate)
        found = sha256(path.read_bytes()).hexdigest()
        if found != wanted[coordinate]:
            raise StartFailedError(
                f"The downloaded {coordinate} is not the expected file "
                f"(SHA-256 {found}, expected {wanted[coordinate]}); try again"
            )
        os.link(path, jars / path.name)

    with ThreadPoolExecutor(THREADS) as threads:
        try:
            for number, _ in enumerate(threads.map(take, wanted), start=1):
                report(f"downloading Kafka, {number} of {len(wanted)} files")
        except (OSError, RuntimeError) as error:
            threads.shutdown(wait=True, cancel_futures=True)
            raise StartFailedError(
                f"Kafka's files cannot be downloaded ({error}); check the network and try again"
            ) from error
