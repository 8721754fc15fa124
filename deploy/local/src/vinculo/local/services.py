"""The service processes of the system, the databases they use and how they are started."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceProcess:
    """`python -m vinculo.<package> <command> --port N`, named as in logs, status and tests."""

    name: str
    package: str
    command: str


def _processes(service: str, *commands: str) -> list[ServiceProcess]:
    package = service.replace("-", "_")
    return [
        ServiceProcess(name=f"{service}-{command}", package=package, command=command)
        for command in commands
    ]


SERVICE_PROCESSES = (
    *_processes("onboarding", "api", "worker"),
    *_processes("documents", "api", "worker"),
    *_processes("customer-registry", "api", "worker"),
    *_processes("notifications", "api", "worker"),
    ServiceProcess(name="query-api", package="query_api", command="api"),
    ServiceProcess(name="query-projector", package="query_api", command="projector"),
    ServiceProcess(name="query-exporter", package="query_api", command="exporter"),
)

# Modules and commands that run once before the services, in this order.
MIGRATIONS = (
    ("vinculo.contracts", "topics"),
    ("vinculo.privacy", "migrate"),
    ("vinculo.onboarding", "migrate"),
    ("vinculo.documents", "migrate"),
    ("vinculo.customer_registry", "migrate"),
    ("vinculo.notifications", "migrate"),
    ("vinculo.query_api", "migrate"),
)

DATABASES = {
    "ONBOARDING_DATABASE_URL": "onboarding",
    "DOCUMENTS_DATABASE_URL": "documents",
    "REGISTRY_DATABASE_URL": "customer_registry",
    "NOTIFICATIONS_DATABASE_URL": "notifications",
    "VINCULO_KEYRING_URL": "keyring",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCommands:
    """Command lines of a service process on a port and of the migrations."""

    service: Callable[[ServiceProcess, int], Sequence[str]]
    migrate_all: Sequence[str]


def service_command(process: ServiceProcess, port: int) -> Sequence[str]:
    module = f"vinculo.{process.package}"
    return [sys.executable, "-m", module, process.command, "--port", str(port)]


DEFAULT_COMMANDS = ServiceCommands(
    service=service_command, migrate_all=[sys.executable, "-m", "vinculo.local.migrate_all"]
)
