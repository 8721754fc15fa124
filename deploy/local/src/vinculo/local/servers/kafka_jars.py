"""The jars of Apache Kafka, downloaded once with jgo and checked against committed SHA-256 sums."""

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

from vinculo.local.process_spec import StartFailedError

THREADS = 8
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


Fetch = Callable[[str], Path]


def jgo_fetcher(repository: Path) -> Fetch:
    """A function that downloads one group:artifact:version into this folder."""
    from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415  # slow, needed once

    if CERTIFICATES.exists():
        # The certificate list bundled with requests lacks authorities installed on this machine.
        os.environ.setdefault("REQUESTS_CA_BUNDLE", str(CERTIFICATES))
    logging.getLogger("jgo").setLevel(logging.ERROR)
    context = MavenContext(repo_cache=repository, resolver=PythonResolver())

    def fetch(coordinate: str) -> Path:
        group, artifact, version = coordinate.split(":")
        component = context.project(group, artifact).at_version(version)
        return Path(component.artifact().resolve())

    return fetch


def pinned_jars() -> dict[str, str]:
    """SHA-256 sums by group:artifact:version."""
    text = files("vinculo.local").joinpath("kafka-jars.lock").read_text(encoding="ascii")
    return dict(line.split() for line in text.splitlines())


def ensure_kafka_jars(
    cache: Path,
    report: Callable[[str], None],
    *,
    pinned: Mapping[str, str] | None = None,
    make_fetch: Callable[[Path], Fetch] = jgo_fetcher,
) -> Path:
    """The folder with every jar, downloaded and checked first if it does not exist.

    The folder's name contains the hash of the pinned list. It is renamed into place when complete,
    so an interrupted download never looks complete. Raises `StartFailedError`.
    """
    jars = pinned_jars() if pinned is None else pinned
    digest = sha256(repr(sorted(jars.items())).encode()).hexdigest()[:16]
    folder = cache / f"kafka-{digest}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="kafka-", suffix=".making", dir=cache))
    try:
        (unfinished / "jars").mkdir()
        _download(jars, make_fetch(unfinished / "repository"), unfinished / "jars", report)
        try:
            (unfinished / "jars").rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise another process finished first
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _download(
    pinned: Mapping[str, str], fetch: Fetch, jars: Path, report: Callable[[str], None]
) -> None:
    def download(coordinate: str) -> None:
        path = fetch(coordinate)
        found = sha256(path.read_bytes()).hexdigest()
        if found != pinned[coordinate]:
            raise StartFailedError(
                f"The downloaded {coordinate} is not the expected file "
                f"(SHA-256 {found}, expected {pinned[coordinate]}); try again"
            )
        os.link(path, jars / path.name)

    with ThreadPoolExecutor(THREADS) as threads:
        try:
            for number, _ in enumerate(threads.map(download, pinned), start=1):
                report(f"downloading Kafka, {number} of {len(pinned)} files")
        except (OSError, RuntimeError) as error:
            threads.shutdown(wait=True, cancel_futures=True)
            raise StartFailedError(
                f"Kafka's files cannot be downloaded ({error}); check the network and try again"
            ) from error
