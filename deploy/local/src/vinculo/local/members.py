"""The processes of the system, by the names that people, logs and tests call them."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """`python -m vinculo.<package> <command> --port N`."""

    name: str
    package: str
    command: str


def _processes(service: str, *commands: str) -> list[Process]:
    package = service.replace("-", "_")
    return [Process(name=f"{service}-{word}", package=package, command=word) for word in commands]


PROCESSES = (
    *_processes("onboarding", "api", "worker"),
    *_processes("documents", "api", "worker"),
    *_processes("customer-registry", "api", "worker"),
    *_processes("notifications", "api", "worker"),
    Process(name="query-api", package="query_api", command="api"),
    Process(name="query-projector", package="query_api", command="projector"),
    Process(name="query-exporter", package="query_api", command="exporter"),
)

# What runs once before them: module and command, in this order.
JOBS = (
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
class Commands:
    """How a process is run on a port, and how the jobs are."""

    service: Callable[[Process, int], Sequence[str]]
    jobs: Sequence[str]


def service_command(process: Process, port: int) -> Sequence[str]:
    module = f"vinculo.{process.package}"
    return [sys.executable, "-m", module, process.command, "--port", str(port)]


COMMANDS = Commands(service=service_command, jobs=[sys.executable, "-m", "vinculo.local.jobs"])
