"""Building the real MinIO from its published Go module; its maker publishes no binaries."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from vinculo.local.caches import cache_directory
from vinculo.local.program import StartFailedError

MODULE = "github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c"
OLDEST_GO = (1, 21)  # from here on Go fetches the newer toolchain that the module asks for


def build_minio(say: Callable[[str], None]) -> Path:
    """Give the binary, built into the cache when it is not there; Go checks the module's hash."""
    built = cache_directory() / "minio" / "minio"
    if os.access(built, os.X_OK):
        return built
    go = shutil.which("go")
    if go is None or _version(go) < OLDEST_GO:
        raise StartFailedError(
            "Go 1.24 or newer is needed to build MinIO; try: apt-get install golang-go. "
            "Nothing else needs it: without MinIO the prebuilt gateway is used"
        )
    say("Building MinIO, which takes some minutes…")
    built.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=built.parent) as folder:
        environment = {**os.environ, "GOBIN": folder, "CGO_ENABLED": "0"}
        made = subprocess.run([go, "install", MODULE], check=False, env=environment)  # noqa: S603
        if made.returncode != 0:
            raise StartFailedError("MinIO could not be built; the lines above say why")
        (Path(folder) / "minio").rename(built)
    return built


def _version(go: str) -> tuple[int, ...]:
    asked = subprocess.run([go, "version"], check=False, capture_output=True, text=True)  # noqa: S603
    found = re.search(r"go(\d+)\.(\d+)", asked.stdout)
    return tuple(map(int, found.groups())) if found else (0, 0)
