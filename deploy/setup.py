# ruff: noqa: INP001  # a script, run by its path
"""Makes `.venv` from nothing: the locked packages, hashes checked, and the members editable.

Run by the Makefile with whatever Python there is; the standard library is all it may use. A second
run with nothing changed takes milliseconds.
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

OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UV = VENV / "bin" / "uv"
READY = VENV / "ready"
LOCK = ROOT / "requirements.lock"
UV_IN_LOCK = re.compile(r"^uv==(\S+) \\\n(?:    --hash=\S+(?: \\)?\n)+", re.MULTILINE)
STATE = ROOT / ".vinculo"
MEMBERS = ("contracts", "libs/*", "services/*", "tools/*", "deploy/local")
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
FOREIGN = ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")


class CannotSetUpError(Exception):
    """What is missing, and the command that helps."""


def main() -> None:
    try:
        use_a_new_enough_python()
        check_machine()
        STATE.mkdir(exist_ok=True)
        with (STATE / "setup.lock").open("w") as lock:
            wait_for(lock)
            set_up()
    except CannotSetUpError as problem:
        sys.exit(f"Setting up failed: {problem}")
    except KeyboardInterrupt:
        sys.exit("Setting up was interrupted; the next run goes on.")


def use_a_new_enough_python() -> None:
    if sys.version_info >= OLDEST:
        return
    for minor in range(20, OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            os.execv(found, [found, *sys.argv])  # noqa: S606  # the same script, a newer Python
    raise CannotSetUpError(
        f"Python {platform.python_version()} is too old, 3.11 or newer is needed; "
        "try: apt-get install python3.11 python3.11-venv"
    )


def check_machine() -> None:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise CannotSetUpError("the servers' packages are for Linux on x86-64 only.")
    try:
        import ensurepip  # noqa: F401, PLC0415
        import venv  # noqa: F401, PLC0415
    except ImportError:
        package = f"python3.{sys.version_info[1]}-venv"
        raise CannotSetUpError(
            "this Python makes no virtual environments; "
            f"try: apt-get install python3-venv (or {package})"
        ) from None
    if not shutil.which("setpriv"):
        raise CannotSetUpError("setpriv is missing; try: apt-get install util-linux")
    if not os.environ.get("VINCULO_MONGO_URL") and not shutil.which("docker"):
        try:
            ctypes.CDLL("libcurl.so.4")
        except OSError:
            raise CannotSetUpError(
                "MongoDB's library libcurl.so.4 is missing; try: apt-get install libcurl4"
            ) from None


def wait_for(lock: IO[str]) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("waiting for another set-up of this checkout")
        fcntl.flock(lock, fcntl.LOCK_EX)


def set_up() -> None:
    wanted = fingerprint()
    found = read_ready()
    if found == wanted:
        return
    environment = surroundings()
    # A copied checkout's environment runs the old one's code, a half-made one fails oddly.
    if any(found.get(part) != wanted[part] for part in ("checkout", "python")):
        say(f"making .venv with Python {platform.python_version()}")
        shutil.rmtree(VENV, ignore_errors=True)
        run([sys.executable, "-m", "venv", str(VENV)], environment, "the virtual environment")
    READY.unlink(missing_ok=True)
    install_uv(environment)
    say("installing the locked packages")
    sync(environment)
    say("installing the members")
    folders = [word for member in members() for word in ("-e", str(member))]
    run(
        [str(UV), "pip", "install", "-q", "--offline", "--no-deps", "-p", str(PYTHON), *folders],
        environment,
        "the members",
    )
    unfinished = READY.with_suffix(".making")
    unfinished.write_text(json.dumps(wanted, indent=2))
    unfinished.rename(READY)
    say("ready")


def fingerprint() -> dict[str, str]:
    parts = [*members(), ROOT]
    projects = b"".join((part / "pyproject.toml").read_bytes() for part in parts)
    return {
        "checkout": str(ROOT),
        "python": f"{os.path.realpath(sys.executable)} {platform.python_version()}",
        "lock": hashlib.sha256(LOCK.read_bytes()).hexdigest(),
        "members": hashlib.sha256(projects).hexdigest(),
    }


def read_ready() -> dict[str, str]:
    try:
        return dict(json.loads(READY.read_text()))
    except (OSError, ValueError, TypeError):
        return {}


def members() -> list[Path]:
    return sorted(
        project.parent for pattern in MEMBERS for project in ROOT.glob(f"{pattern}/pyproject.toml")
    )


def surroundings() -> dict[str, str]:
    """Give the environment for pip and uv: no foreign Python, certificates, a writable cache."""
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    if Path(CERTIFICATES).exists():
        environment.setdefault("UV_SYSTEM_CERTS", "1")
        environment.setdefault("SSL_CERT_FILE", CERTIFICATES)
        environment.setdefault("REQUESTS_CA_BUNDLE", CERTIFICATES)
    if not environment.get("XDG_CACHE_HOME") and not home_can_be_written(environment):
        environment["XDG_CACHE_HOME"] = str(STATE / "cache")
    return environment


def home_can_be_written(environment: dict[str, str]) -> bool:
    home = environment.get("HOME")
    return home is not None and os.access(home, os.W_OK)


def install_uv(environment: dict[str, str]) -> None:
    """Install the uv that the lock names, by pip, with its hashes."""
    pinned = UV_IN_LOCK.search(LOCK.read_text())
    if pinned is None:
        raise CannotSetUpError("requirements.lock does not name uv; take the committed file.")
    if installed_uv() == pinned.group(1):
        return
    say(f"installing uv {pinned.group(1)}")
    with tempfile.TemporaryDirectory() as folder:
        requirement = Path(folder) / "uv.txt"
        requirement.write_text(pinned.group(0))
        pip = [str(PYTHON), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        run([*pip, "--require-hashes", "-r", str(requirement)], environment, "uv")


def installed_uv() -> str | None:
    if not UV.exists():
        return None
    asked = subprocess.run([str(UV), "--version"], stdout=subprocess.PIPE, check=False)  # noqa: S603
    words = asked.stdout.decode().split()
    return words[1] if asked.returncode == 0 and len(words) > 1 else None


def sync(environment: dict[str, str]) -> None:
    """Make the environment equal to the lock; uv does not read pip's settings, so it is told."""
    told = {**indexes_of_pip(environment), **environment}
    command = [str(UV), "pip", "sync", "--require-hashes", "--compile-bytecode"]
    run([*command, "-p", str(PYTHON), str(LOCK)], told, "the packages of requirements.lock")


def indexes_of_pip(environment: dict[str, str]) -> dict[str, str]:
    """Translate where pip looks for packages, from its files and variables, into uv's variables."""
    names = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX"}
    pip = [str(PYTHON), "-m", "pip"]
    asked = subprocess.run(  # noqa: S603
        [*pip, "config", "list"], stdout=subprocess.PIPE, env=environment, check=False
    )
    found = {}
    for line in asked.stdout.decode().splitlines():
        key, _, value = line.partition("=")
        name = key.rpartition(".")[2]
        words = value.strip("'\"").replace("\\n", " ").split()
        if name in names and words:
            found[names[name]] = " ".join(words)
        if name == "find-links":
            places = [word for word in words if "://" in word or Path(word).exists()]
            if places:
                found["UV_FIND_LINKS"] = ",".join(places)
        if name == "no-index" and words and words[0].lower() in {"1", "true", "yes", "on"}:
            found["UV_NO_INDEX"] = "1"
    return found


def run(command: list[str], environment: dict[str, str], what: str) -> None:
    if subprocess.run(command, env=environment, cwd=str(ROOT), check=False).returncode != 0:  # noqa: S603
        raise CannotSetUpError(
            f"{what} could not be installed (the lines above say why); "
            "check the network and the free space, then run make again."
        )


def say(sentence: str) -> None:
    sys.stderr.write(f"Setting up: {sentence}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
