"""An S3 server: a real MinIO when one is built or installed, else the MinIO code inside JuiceFS."""

import os
import shutil
import sys
from pathlib import Path

from vinculo.local.caches import cache_directory
from vinculo.local.child import run_to_end
from vinculo.local.program import NotReadyError, Program
from vinculo.local.servers.answers import http_status

FIRST_SERVER_ERROR = 500


def real_minio() -> Path | None:
    """Give the MinIO on PATH or the one `make minio` left in the cache."""
    found = shutil.which("minio")
    built = cache_directory() / "minio" / "minio"
    if found:
        return Path(found)
    return built if os.access(built, os.X_OK) else None


async def minio(
    directory: Path, *, port: int, access_key: str, secret_key: str, log_path: Path
) -> Program:
    """Prepare whichever S3 server there is; each keeps its data in a folder of its own."""
    directory.mkdir(parents=True, exist_ok=True)  # noqa: ASYNC240  # before anything runs
    binary = real_minio()
    if binary is not None:
        data = directory / "minio"
        data.mkdir(exist_ok=True)
        command = [str(binary), "server", "--quiet", "--address", f"127.0.0.1:{port}", str(data)]
    else:
        command = await _juicefs_gateway(directory, port, log_path)
    return Program(
        name="minio",
        command=command,
        directory=directory,
        environment={
            "MINIO_ROOT_USER": access_key,
            "MINIO_ROOT_PASSWORD": secret_key,
            "MINIO_UPDATE": "off",
            "MINIO_BROWSER": "off",
        },
        ready=lambda: answers(port),
    )


async def answers(port: int) -> None:
    if await http_status(port, "/minio/health/live") >= FIRST_SERVER_ERROR:
        raise NotReadyError("the S3 server is not up yet")


async def _juicefs_gateway(directory: Path, port: int, log_path: Path) -> list[str]:
    juicefs = str(Path(sys.executable).parent / "juicefs")
    volume, making = directory / "juicefs", directory / "juicefs.making"
    if not volume.exists():
        # Blocks without a volume are what a killed format leaves; another format refuses them.
        for half_made in (making, directory / "blocks"):
            shutil.rmtree(half_made, ignore_errors=True)
        making.mkdir()
        await run_to_end(
            "juicefs format",
            [
                *(juicefs, "format", "--storage", "file", "--bucket", f"{directory / 'blocks'}/"),
                *("--trash-days", "0", f"sqlite3://{making / 'meta.db'}", "vinculo"),
            ],
            log_path=log_path,
            directory=directory,
        )
        making.rename(volume)
    return [
        *(juicefs, "gateway", "--multi-buckets", "--keep-etag", "--object-tag", "--object-meta"),
        *("--no-usage-report", "--no-banner", "--backup-meta", "0"),
        *("--cache-dir", str(directory / "cache"), "--cache-size", "64", "--buffer-size", "64"),
        *("--log", str(directory / "gateway.log"), "--metrics", "127.0.0.1:0"),
        *(f"sqlite3://{volume / 'meta.db'}", f"127.0.0.1:{port}"),
    ]
