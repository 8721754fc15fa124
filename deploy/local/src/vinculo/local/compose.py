"""The same system in containers, for machines where Docker answers."""

import subprocess

from vinculo.local.checkout import ROOT
from vinculo.local.docker import docker_answers
from vinculo.local.program import StartFailedError

PORT = 8080


def up() -> None:
    _compose("up", "--detach", "--build", "--wait")


def down() -> None:
    _compose("--profile", "demo", "down")


def demo(people: int) -> int:
    """Run the one-shot demonstration inside; give its exit code."""
    return _run("--profile", "demo", "run", "--rm", "-e", f"PEOPLE={people}", "demo")


def is_up() -> bool:
    if not docker_answers():
        return False
    asked = subprocess.run(_command("ps", "--quiet"), check=False, capture_output=True, cwd=ROOT)  # noqa: S603  # fixed words
    return asked.returncode == 0 and bool(asked.stdout.strip())


def _compose(*words: str) -> None:
    if _run(*words) != 0:
        raise StartFailedError(
            f"docker compose {' '.join(words)} failed; to do without containers: "
            "vinculo up --native, or VINCULO_NATIVE=1 make up"
        )


def _run(*words: str) -> int:
    command = _command(*words)
    return subprocess.run(command, check=False, cwd=ROOT).returncode  # noqa: S603  # our own words


def _command(*words: str) -> list[str]:
    return ["docker", "compose", *words]
