# ruff: noqa: INP001  # a script, run by its path
"""Creates `.venv`: locked packages with checked hashes, and the members as editable installs.

The Makefile runs it with the system's Python, so it uses the standard library only. A second run
without changes takes milliseconds.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO

MIN_PYTHON = (3, 11)
ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
STAMP = VENV / "ready"
LOCK = ROOT / "requirements.lock"
UV_IN_LOCK = re.compile(r"^uv==(\S+) \\\n(?:    --hash=\S+(?: \\)?\n)+", re.MULTILINE)
STATE = ROOT / ".vinculo"
MEMBERS = ("contracts", "libs/*", "services/*", "tools/*", "deploy/local")
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
IGNORED_VARIABLES = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


class SetupError(Exception):
    """Something is missing; the message names the command that installs it."""


def main() -> None:
    try:
        ensure_python_version()
        check_machine()
        STATE.mkdir(exist_ok=True)
        with (STATE / "setup.lock").open("w") as lock:
            acquire(lock)
            set_up()
    except SetupError as problem:
        sys.exit(f"Setting up failed: {problem}")
    except KeyboardInterrupt:
        sys.exit("Setting up was interrupted; run make again to continue.")


def ensure_python_version() -> None:
    if sys.version_info >= MIN_PYTHON:
        return
    for minor in range(20, MIN_PYTHON[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, *sys.argv])  # noqa: S606  # the same script, a newer Python
    raise SetupError(
        f"Python {platform.python_version()} is too old, 3.11 or newer is required; "
        "try: apt-get install python3.11 python3.11-venv"
    )


def check_machine() -> None:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise SetupError("the packages of the servers exist for Linux on x86-64 only.")
    try:
        import ensurepip  # noqa: F401, PLC0415
        import venv  # noqa: F401, PLC0415
    except ImportError:
        package = f"python3.{sys.version_info[1]}-venv"
        raise SetupError(
            "this Python cannot create virtual environments; "
            f"try: apt-get install python3-venv (or {package})"
        ) from None
    if not shutil.which("setpriv"):
        raise SetupError("setpriv is missing; try: apt-get install util-linux")
    if not os.environ.get("VINCULO_MONGO_URL") and not docker_answers():
        try:
            ctypes.CDLL("libcurl.so.4")
        except OSError:
            raise SetupError(
                "MongoDB's library libcurl.so.4 is missing; try: apt-get install libcurl4"
            ) from None


def docker_answers() -> bool:
    """Whether an engine is there, not the client alone; then MongoDB runs in a container."""
    if os.environ.get("VINCULO_NATIVE") == "1" or not shutil.which("docker"):
        return False
    try:
        info = subprocess.run(
            ["docker", "info"],  # noqa: S607  # the one on PATH
            capture_output=True,
            check=False,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return info.returncode == 0


def acquire(lock: IO[str]) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        log("waiting for another setup of this checkout")
        fcntl.flock(lock, fcntl.LOCK_EX)


def set_up() -> None:
    current = fingerprint()
    installed = read_stamp()
    if installed == current:
        return
    environment = child_environment()
    # The environment of a copied checkout imports the original's code; an incomplete one fails.
    if any(installed.get(part) != current[part] for part in ("checkout", "python")):
        log(f"creating .venv with Python {platform.python_version()}")
        shutil.rmtree(VENV, ignore_errors=True)
        run([sys.executable, "-m", "venv", str(VENV)], environment, "the virtual environment")
    STAMP.unlink(missing_ok=True)
    install_uv(environment)
    log("installing the locked packages")
    sync(environment)
    log("installing the members")
    folders = [word for member in members() for word in ("-e", str(member))]
    run(
        [str(UV), "pip", "install", "-q", "--offline", "--no-deps", "-p", str(PYTHON), *folders],
        environment,
        "the members",
    )
    unfinished = STAMP.with_suffix(".making")
    unfinished.write_text(json.dumps(current, indent=2))
    unfinished.rename(STAMP)
    log("ready")


def fingerprint() -> dict[str, str]:
    parts = [*members(), ROOT]
    projects = b"".join((part / "pyproject.toml").read_bytes() for part in parts)
    return {
        "checkout": str(ROOT),
        "python": f"{os.path.realpath(sys.executable)} {platform.python_version()}",
        "lock": hashlib.sha256(LOCK.read_bytes()).hexdigest(),
        "members": hashlib.sha256(projects).hexdigest(),
    }


def read_stamp() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text()))
    except (OSError, ValueError, TypeError):
        return {}


def members() -> list[Path]:
    return sorted(
        project.parent for pattern in MEMBERS for project in ROOT.glob(f"{pattern}/pyproject.toml")
    )


def child_environment() -> dict[str, str]:
    """Environment variables for pip and uv, with certificates and a writable cache."""
    environment = {
        name: value for name, value in os.environ.items() if name not in IGNORED_VARIABLES
    }
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    if Path(CERTIFICATES).exists():
        environment.setdefault("UV_SYSTEM_CERTS", "1")
        environment.setdefault("SSL_CERT_FILE", CERTIFICATES)
        environment.setdefault("REQUESTS_CA_BUNDLE", CERTIFICATES)
    if not environment.get("XDG_CACHE_HOME") and not is_home_writable(environment):
        environment["XDG_CACHE_HOME"] = str(STATE / "cache")
    return environment


def is_home_writable(environment: dict[str, str]) -> bool:
    home = environment.get("HOME")
    return home is not None and os.access(home, os.W_OK)


def install_uv(environment: dict[str, str]) -> None:
    """Install the locked version of uv with pip, checking its hashes."""
    pinned = UV_IN_LOCK.search(LOCK.read_text())
    if pinned is None:
        raise SetupError("requirements.lock does not contain uv; restore the committed file.")
    if installed_uv() == pinned.group(1):
        return
    log(f"installing uv {pinned.group(1)}")
    with tempfile.TemporaryDirectory() as folder:
        requirement = Path(folder) / "uv.txt"
        requirement.write_text(pinned.group(0))
        pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "-r", str(requirement)], environment, "uv")


def installed_uv() -> str | None:
    if not UV.exists():
        return None
    result = subprocess.run([str(UV), "--version"], stdout=subprocess.PIPE, check=False)  # noqa: S603
    words = result.stdout.decode().split()
    return words[1] if result.returncode == 0 and len(words) > 1 else None


def sync(environment: dict[str, str]) -> None:
    """Install exactly the locked packages. uv ignores pip's settings, so they are translated."""
    uv_environment = {**pip_indexes(environment), **environment}
    command = [str(UV), "pip", "sync", "--require-hashes", "--compile-bytecode"]
    run(
        [*command, "-p", str(PYTHON), str(LOCK)],
        uv_environment,
        "the packages of requirements.lock",
    )


def pip_indexes(environment: dict[str, str]) -> dict[str, str]:
    """Package indexes of pip, from its files and variables, as variables of uv."""
    names = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX"}
    pip = [str(PYTHON), "-m", "pip"]
    result = subprocess.run(  # noqa: S603
        [*pip, "config", "list"], stdout=subprocess.PIPE, env=environment, check=False
    )
    found = {}
    for line in result.stdout.decode().splitlines():
        key, _, value = line.partition("=")
        name = key.rpartition(".")[2]
        words = value.strip("'\"").replace("\\n", " ").split()
        if name in names and words:
            found[names[name]] = " ".join(words)
        if name == "find-links":
            locations = [word for word in words if "://" in word or Path(word).exists()]
            if locations:
                found["UV_FIND_LINKS"] = ",".join(locations)
        if name == "no-index" and words and words[0].lower() in {"1", "true", "yes", "on"}:
            found["UV_NO_INDEX"] = "1"
    return found


def run(command: list[str], environment: dict[str, str], what: str) -> None:
    if subprocess.run(command, env=environment, cwd=str(ROOT), check=False).returncode != 0:  # noqa: S603
        raise SetupError(
            f"{what} could not be installed (see the output above); "
            "check the network and the free disk space, then run make again."
        )


def log(message: str) -> None:
    sys.stderr.write(f"Setting up: {message}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
