"""The same system in containers, for machines with Docker."""

import os
import shutil
import subprocess

from vinculo.local.paths import ROOT
from vinculo.local.process_spec import StartFailedError

COMPOSE_PORT = 8080
DOCKER_TIMEOUT_SECONDS = 10


def docker_available() -> bool:
    """Whether a Docker engine responds; VINCULO_NATIVE=1 means no."""
    if os.environ.get("VINCULO_NATIVE") == "1" or shutil.which("docker") is None:
        return False
    try:
        info = subprocess.run(
            ["docker", "info", "--format", "{{.ServerVersion}}"],  # noqa: S607  # the one on PATH
            check=False,
            capture_output=True,
            timeout=DOCKER_TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return info.returncode == 0 and bool(info.stdout.strip())


def compose_up() -> None:
    _run_or_fail("up", "--detach", "--build", "--wait")


def compose_down() -> None:
    _run_or_fail("--profile", "demo", "down")


def compose_demo(people: int) -> int:
    """Run the demonstration in a container; its exit code."""
    return _run("--profile", "demo", "run", "--rm", "-e", f"PEOPLE={people}", "demo")


def compose_is_running() -> bool:
    if not docker_available():
        return False
    listed = subprocess.run(_command("ps", "--quiet"), check=False, capture_output=True, cwd=ROOT)  # noqa: S603  # constant arguments
    return listed.returncode == 0 and bool(listed.stdout.strip())


def _run_or_fail(*arguments: str) -> None:
    if _run(*arguments) != 0:
        raise StartFailedError(
            f"docker compose {' '.join(arguments)} failed; to start without containers: "
            "vinculo up --native, or VINCULO_NATIVE=1 make up"
        )


def _run(*arguments: str) -> int:
    command = _command(*arguments)
    return subprocess.run(command, check=False, cwd=ROOT).returncode  # noqa: S603  # our own arguments


def _command(*arguments: str) -> list[str]:
    return ["docker", "compose", *arguments]
