"""The private file that keeps a system's ports and secrets from one start to the next."""

import json
import os
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from vinculo.local.ports import free_ports

FILE = "stack.json"


class StackFile:
    """`stack.json` in the system's folder, readable by its owner only, replaced as a whole."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / FILE
        self._content: dict[str, Any] = {"ports": {}, "secrets": {}, "environment": {}}
        if self.path.exists():
            self._content |= json.loads(self.path.read_text(encoding="utf-8"))

    @property
    def ports(self) -> dict[str, int]:
        return dict(self._content["ports"])

    @property
    def environment(self) -> dict[str, str]:
        """What the services were given at the last start."""
        return dict(self._content["environment"])

    def choose_ports(self, names: Iterable[str], fixed: dict[str, int]) -> dict[str, int]:
        """Keep earlier ports that are still free; `fixed` ones are taken as they are."""
        others = [name for name in names if name not in fixed]
        chosen = free_ports(others, kept=self.ports) | fixed
        self._content["ports"] = self.ports | chosen
        self.save()
        return chosen

    def secret(self, name: str) -> str:
        """A password made at the first question."""
        return self.keep(name, lambda: secrets.token_urlsafe(24))

    def key(self, name: str) -> str:
        """32 random bytes in base64, made at the first question."""
        return self.keep(name, lambda: b64encode(secrets.token_bytes(32)).decode())

    def keep(self, name: str, make: Callable[[], str]) -> str:
        kept = self._content["secrets"]
        if name not in kept:
            kept[name] = make()
            self.save()
        return str(kept[name])

    def remember(self, environment: dict[str, str]) -> None:
        self._content["environment"] = environment
        self.save()

    def save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.path.with_suffix(".making")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self._content, file, indent=2)
        unfinished.rename(self.path)
