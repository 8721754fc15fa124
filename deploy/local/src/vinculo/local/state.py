"""The state of a system as seen from outside: ports, secrets, environment, running components.

Ports and secrets are stored in the system's folder, so that they survive a restart.
"""

import asyncio
import json
import os
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from vinculo.local.lock import LOCK_FILE, is_locked
from vinculo.local.ports import free_ports
from vinculo.local.process_spec import NotReadyError
from vinculo.local.servers.probes import OK, check_listening, http_status
from vinculo.local.services import SERVICE_PROCESSES

STATE_FILE = "stack.json"
DEFAULT_DIRECTORY = Path(".vinculo")
SERVER_NAMES = ("postgres", "kafka", "mongodb", "minio", "mail", "sms")
PRINTED_PAGES = {"registration": "/", "console": "/console/"}
PRINTED_VARIABLES = {
    "VINCULO_PUBLIC_URL": "gateway",
    "VINCULO_KAFKA": "Kafka",
    "VINCULO_POSTGRES_URL": "PostgreSQL",
    "VINCULO_MONGO_URL": "MongoDB",
    "VINCULO_S3_URL": "S3",
    "VINCULO_SMTP": "mail server",
    "VINCULO_MAIL_DIR": "received mails",
    "VINCULO_SMS": "SMS gateway",
    "VINCULO_SMS_DIR": "received SMS",
}


class StackState:
    """`stack.json` in the system's folder: readable by its owner only, replaced atomically."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / STATE_FILE
        self._content: dict[str, Any] = {"ports": {}, "secrets": {}, "environment": {}}
        if self.path.exists():
            self._content |= json.loads(self.path.read_text(encoding="utf-8"))

    @property
    def ports(self) -> dict[str, int]:
        return dict(self._content["ports"])

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the services at the last start."""
        return dict(self._content["environment"])

    def assign_ports(self, names: Iterable[str], fixed: dict[str, int]) -> dict[str, int]:
        """Reuse earlier ports that are still free; `fixed` ones are not checked."""
        others = [name for name in names if name not in fixed]
        ports = free_ports(others, preferred=self.ports) | fixed
        self._content["ports"] = self.ports | ports
        self._write()
        return ports

    def secret(self, name: str) -> str:
        """A password, generated at first use."""
        return self.get_or_create(name, lambda: secrets.token_urlsafe(24))

    def key(self, name: str) -> str:
        """32 random bytes in base64, generated at first use."""
        return self.get_or_create(name, lambda: b64encode(secrets.token_bytes(32)).decode())

    def get_or_create(self, name: str, create: Callable[[], str]) -> str:
        stored = self._content["secrets"]
        if name not in stored:
            stored[name] = create()
            self._write()
        return str(stored[name])

    def save_environment(self, environment: dict[str, str]) -> None:
        self._content["environment"] = environment
        self._write()

    def _write(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(".making")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self._content, file, indent=2)
        unfinished.rename(self.path)


def is_running(directory: Path) -> bool:
    return is_locked(directory / LOCK_FILE)


def running_environment(directory: Path) -> dict[str, str] | None:
    """The environment of the running system's services, secrets included; None when stopped."""
    if not is_running(directory):
        return None
    return StackState(directory).environment or None


def printable_addresses(environment: dict[str, str]) -> list[tuple[str, str]]:
    """Labels and addresses for the terminal, without passwords."""
    addresses = [
        (label, _without_password(environment[variable]))
        for variable, label in PRINTED_VARIABLES.items()
        if variable in environment
    ]
    pages = [
        (label, environment["VINCULO_PUBLIC_URL"] + path)
        for label, path in PRINTED_PAGES.items()
        if "VINCULO_PUBLIC_URL" in environment
    ]
    return [*pages, *addresses]


async def component_states(directory: Path) -> list[tuple[str, str, str]]:
    """Name, address and state of every server, service process and the gateway."""
    ports = StackState(directory).ports
    names = [*SERVER_NAMES, *(process.name for process in SERVICE_PROCESSES), "gateway"]
    known = [name for name in names if name in ports]
    states = await asyncio.gather(*(_state(name, ports[name]) for name in known))
    return [
        (name, f"127.0.0.1:{ports[name]}", state) for name, state in zip(known, states, strict=True)
    ]


async def _state(name: str, port: int) -> str:
    try:
        if name in SERVER_NAMES:
            await check_listening(port)
            return "up"
        status = await http_status(port, "/health" if name == "gateway" else "/health/ready")
    except NotReadyError:
        return "down"
    return "ready" if status == OK else f"not ready ({status})"


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    if not separator or "@" not in rest:
        return url
    user = rest.split(":")[0]
    return f"{scheme}://{user}:…@{rest.rpartition('@')[2]}"
