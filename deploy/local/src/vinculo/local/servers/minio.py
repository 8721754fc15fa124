"""The S3 server: a real MinIO if one is installed or built, else the MinIO code inside JuiceFS.

MinIO's maker publishes no binaries, so `build_minio` compiles its published Go module.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from vinculo.local.paths import cache_directory
from vinculo.local.process import run_to_completion
from vinculo.local.process_spec import NotReadyError, ProcessSpec, StartFailedError
from vinculo.local.servers.probes import http_status

MODULE = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
MIN_GO_VERSION = (1, 21)  # from here on Go downloads the toolchain that the module requires
SERVER_ERROR = 500


def real_minio() -> Path | None:
    """The MinIO on PATH or the one built by `make minio`."""
    installed, built = shutil.which("minio"), _built_minio()
    if installed:
        return Path(installed)
    return built if os.access(built, os.X_OK) else None


async def minio_spec(
    directory: Path, *, port: int, access_key: str, secret_key: str, log_path: Path
) -> ProcessSpec:
    """Prepare the available S3 server; each kind has its own data folder."""
    directory.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  # before anything runs
    binary = real_minio()
    if binary is not None:
        data = directory / "minio"
        data.mkdir(exist_ok=True)
        command = [str(binary), "server", "--quiet", "--address", f"127.0.0.1:{port}", str(data)]
    else:
        command = await _juicefs_gateway(directory, port, log_path)
    return ProcessSpec(
        name="minio",
        command=command,
        directory=directory,
        environment={
            "MINIO_ROOT_USER": access_key,
            "MINIO_ROOT_PASSWORD": secret_key,
            "MINIO_UPDATE": "off",
            "MINIO_BROWSER": "off",
        },
        ready=lambda: check_ready(port),
    )


async def check_ready(port: int) -> None:
    if await http_status(port, "/minio/health/live") >= SERVER_ERROR:
        raise NotReadyError("the S3 server does not respond yet")


async def _juicefs_gateway(directory: Path, port: int, log_path: Path) -> list[str]:
    juicefs = str(Path(sys.executable).parent / "juicefs")
    volume, unfinished = directory / "juicefs", directory / "juicefs.making"
    if not volume.exists():
        # A killed format leaves blocks without a volume, which the next format would refuse.
        for leftover in (unfinished, directory / "blocks"):
            shutil.rmtree(leftover, ignore_errors=True)
        unfinished.mkdir()
        await run_to_completion(
            "juicefs format",
            [
                *(juicefs, "format", "--storage", "file", "--bucket", f"{directory / 'blocks'}/"),
                *("--trash-days", "0", f"sqlite3://{unfinished / 'meta.db'}", "vinculo"),
            ],
            log_path=log_path,
            directory=directory,
        )
        unfinished.rename(volume)
    return [
        *(juicefs, "gateway", "--multi-buckets", "--keep-etag", "--object-tag", "--object-meta"),
        *("--no-usage-report", "--no-banner", "--backup-meta", "0"),
        *("--cache-dir", str(directory / "cache"), "--cache-size", "64", "--buffer-size", "64"),
        *("--log", str(directory / "gateway.log"), "--metrics", "127.0.0.1:0"),
        *(f"sqlite3://{volume / 'meta.db'}", f"127.0.0.1:{port}"),
    ]


def build_minio(report: Callable[[str], None]) -> Path:
    """The binary, built into the cache if missing; Go verifies the module's hash.

    Raises `StartFailedError`.
    """
    built = _built_minio()
    if os.access(built, os.X_OK):
        return built
    go = shutil.which("go")
    if go is None or _go_version(go) < MIN_GO_VERSION:
        raise StartFailedError(
            "building MinIO requires Go 1.24 or newer; try: apt-get install golang-go. "
            "Without MinIO the prebuilt gateway is used"
        )
    report("Building MinIO; this takes some minutes…")
    built.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=built.parent) as folder:
        environment = {**os.environ, "GOBIN": folder, "CGO_ENABLED": "0"}
        build = subprocess.run([go, "install", MODULE], check=False, env=environment)  # noqa: S603
        if build.returncode != 0:
            raise StartFailedError("MinIO could not be built; see the output above")
        (Path(folder) / "minio").rename(built)
    return built


def _built_minio() -> Path:
    return cache_directory() / "minio" / "minio"


def _go_version(go: str) -> tuple[int, ...]:
    output = subprocess.run([go, "version"], check=False, capture_output=True, text=True)  # noqa: S603
    found = re.search(r"go(\d+)\.(\d+)", output.stdout)
    return tuple(map(int, found.groups())) if found else (0, 0)
