"""The same system in containers, for machines with Docker and its plug-in compose."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from vinculo.local.compose_secrets import POSTGRES_PASSWORD, make_secrets
from vinculo.local.paths import ROOT
from vinculo.local.process_spec import StartFailedError

DOCKER_TIMEOUT_SECONDS: Final = 10
PUBLISHED: Final = {"gateway": 8080, "mail": 8025, "sms": 1026}
"""Services that are published on the loopback address, with their port in the container."""
FOLDER_LABEL: Final = "com.docker.compose.project.working_dir"
ALL_PROFILES: Final = ("--profile", "demo")


def docker_available() -> bool:
    """Whether a Docker engine responds; VINCULO_NATIVE=1 means no."""
    if os.environ.get("VINCULO_NATIVE") == "1" or shutil.which("docker") is None:
        return False
    return bool(_output_of("info", "--format", "{{.ServerVersion}}"))


def compose_available() -> bool:
    """Whether Docker has the plug-in compose, without which its containers are not used."""
    return bool(_output_of("compose", "version", "--short"))


def secrets_folder() -> Path:
    """The folder of the files of secrets that `docker-compose.yml` names."""
    return ROOT / os.environ.get("VINCULO_SECRETS", ".vinculo/secrets")


def compose_up(port: int) -> None:
    """Build the images, start everything and wait until it is healthy.

    A running gateway keeps its port. Raises `StartFailedError` when compose fails, and when the
    project's containers or data belong to another folder.
    """
    containers = _containers()
    if not _are_from_here(containers):
        raise StartFailedError(
            f"another folder runs the containers of the project {_project()}; {_OTHER_NAME}"
        )
    secrets = secrets_folder()
    if not (secrets / POSTGRES_PASSWORD).exists() and _volumes():
        raise StartFailedError(
            f"the project {_project()} has data, but {secrets} has no secrets for it, because it "
            f"belongs to another folder or they were removed; {_OTHER_NAME}, or remove the data: "
            "docker compose down --volumes"
        )
    make_secrets(secrets)
    kept_port = _published_port(containers, "gateway") or port
    if _run("up", "--detach", "--build", "--wait", port=kept_port) != 0:
        raise StartFailedError(
            "docker compose up failed; what failed is in: make logs NAME=…; to start without "
            "containers: VINCULO_NATIVE=1 make up"
        )


def compose_down(*, with_data: bool = False) -> bool:
    """Remove the containers, and with `with_data` their volumes; whether any was running."""
    if not docker_available() or not compose_available():
        return False
    containers = _containers()
    if not _are_from_here(containers):
        return False
    if containers or (with_data and _volumes() and secrets_folder().exists()):
        options = ["--remove-orphans", *(["--volumes"] if with_data else [])]
        if _run(*ALL_PROFILES, "down", *options) != 0:
            raise StartFailedError("docker compose down failed")
    return any(each["State"] == "running" for each in containers)


def compose_demo(people: int) -> int:
    """Run the demonstration in a container; its exit code."""
    containers = _containers()
    addresses = _inboxes(containers)
    environment = {
        "PEOPLE": str(people),
        "VINCULO_MAIL_PUBLIC_URL": addresses["received mails"],
        "VINCULO_SMS_PUBLIC_URL": addresses["received SMS"],
    }
    options = [word for item in environment.items() for word in ("--env", "=".join(item))]
    port = _published_port(containers, "gateway")
    run = ("run", "--rm", "--build", "--no-deps", *options, "demo")
    return _run(*ALL_PROFILES, *run, port=port)


def compose_logs(name: str, lines: int) -> None:
    """Print the last lines of a service's containers. StartFailedError names the known ones."""
    known = sorted({str(each["Service"]) for each in _containers()})
    if name not in known:
        raise StartFailedError(f"there is no log of {name}; there are: {', '.join(known)}")
    _run("logs", "--no-log-prefix", "--tail", str(lines), name)


def compose_is_running() -> bool:
    """Whether a container of this folder's system runs."""
    if not docker_available() or not compose_available():
        return False
    containers = _containers()
    return _are_from_here(containers) and any(each["State"] == "running" for each in containers)


def compose_states() -> list[tuple[str, str, str]]:
    """Name, published address and state of every container, as `vinculo status` shows them.

    The second and further replicas of a service have their number after its name.
    """
    rows = []
    for each in _containers():
        number = str(each["Name"]).rpartition("-")[2]
        name = str(each["Service"]) + (f" {number}" if number.isdigit() and number != "1" else "")
        ports = [one for one in each.get("Publishers") or () if one["PublishedPort"]]
        address = f"{ports[0]['URL']}:{ports[0]['PublishedPort']}" if ports else ""
        rows.append((name, address, _state(each)))
    return sorted(rows)


def compose_addresses() -> list[tuple[str, str]]:
    """Labels and addresses for the terminal."""
    containers = _containers()
    gateway = _published_port(containers, "gateway")
    return [
        ("registration", f"http://127.0.0.1:{gateway}/"),
        ("console", f"http://127.0.0.1:{gateway}/console/"),
        ("gateway", f"http://127.0.0.1:{gateway}"),
        *_inboxes(containers).items(),
    ]


_OTHER_NAME: Final = "choose another name for this one: COMPOSE_PROJECT_NAME=… make up"


def _state(container: dict[str, Any]) -> str:
    """In the words of the system without containers."""
    state, health = str(container["State"]), str(container.get("Health") or "")
    if state == "running":
        return {"healthy": "ready", "": "up"}.get(health, f"not ready ({health})")
    if state == "exited" and container.get("ExitCode") == 0:
        return "done"
    return f"down ({state})"


def _containers() -> list[dict[str, Any]]:
    """The project's containers, stopped ones included."""
    output = _output_of("compose", *ALL_PROFILES, "ps", "--all", "--format", "json")
    # One object per line; before version 2.21 a single list.
    parsed = [json.loads(line) for line in output.splitlines()]
    return parsed[0] if parsed and isinstance(parsed[0], list) else parsed


def _are_from_here(containers: list[dict[str, Any]]) -> bool:
    return all(f"{FOLDER_LABEL}={ROOT}," in f"{each['Labels']}," for each in containers)


def _inboxes(containers: list[dict[str, Any]]) -> dict[str, str]:
    """Labels and addresses of the received messages, for a person on this machine."""
    mail, sms = (_published_port(containers, name) for name in ("mail", "sms"))
    return {
        "received mails": f"http://127.0.0.1:{mail}/",
        "received SMS": f"http://127.0.0.1:{sms}/messages?to=PHONE",
    }


def _published_port(containers: list[dict[str, Any]], name: str) -> int | None:
    for container in containers:
        for port in container.get("Publishers") or ():
            if container["Service"] == name and port["TargetPort"] == PUBLISHED[name]:
                return int(port["PublishedPort"]) or None
    return None


def _volumes() -> list[str]:
    """The project's volumes, which outlive its containers."""
    label = f"label=com.docker.compose.project={_project()}"
    return _output_of("volume", "ls", "--quiet", "--filter", label).splitlines()


def _project() -> str:
    configuration = _output_of("compose", "config", "--no-interpolate", "--format", "json")
    return str(json.loads(configuration)["name"]) if configuration else ""


def _output_of(*arguments: str) -> str:
    """What `docker` prints; nothing if it fails or does not answer."""
    try:
        result = subprocess.run(  # noqa: S603  # our own arguments
            ["docker", *arguments],  # noqa: S607  # the one on PATH
            check=False,
            capture_output=True,
            text=True,
            timeout=DOCKER_TIMEOUT_SECONDS,
            cwd=ROOT,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""


def _run(*arguments: str, port: int | None = None) -> int:
    """The exit code of `docker compose`, whose output goes to the terminal."""
    environment = {**os.environ, **({"VINCULO_PORT": str(port)} if port else {})}
    command = ["docker", "compose", *arguments]
    return subprocess.run(command, check=False, cwd=ROOT, env=environment).returncode  # noqa: S603  # our own arguments
