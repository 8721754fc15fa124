"""docker-compose.yml is valid and hardened, and uses only settings that exist."""

import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr
from pydantic_settings import BaseSettings

from vinculo.local.paths import ROOT
from vinculo.local.servers.gateway import DEFAULT_LIMITS
from vinculo.local.services import SERVICE_PROCESSES

COMPOSE = ROOT / "docker-compose.yml"
PACKAGES = {process.name: process.package for process in SERVICE_PROCESSES}
ONE_SHOT = {"migrate", "topics", "demo"}
SERVERS = {"kafka", "postgres", "mongo", "minio", "mailpit", "sms"}


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    content = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return dict(content["services"])


def settings_classes(package: str) -> list[type[BaseSettings]]:
    members = inspect.getmembers(import_module(f"vinculo.{package}.settings"), inspect.isclass)
    return [
        kind for _, kind in members if issubclass(kind, BaseSettings) and kind is not BaseSettings
    ]


def variables_of(package: str) -> set[str]:
    return {field.upper() for kind in settings_classes(package) for field in kind.model_fields}


def local_by_default(package: str) -> set[str]:
    """The settings whose default is on the loopback address."""
    return {
        name.upper()
        for kind in settings_classes(package)
        for name, field in kind.model_fields.items()
        if "127.0.0.1" in _shown(field.default)
    }


def _shown(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def required_by(package: str) -> set[str]:
    return variables_of(package) - {
        name.upper()
        for kind in settings_classes(package)
        for name, field in kind.model_fields.items()
        if not field.is_required()
    }


def test_the_file_is_valid() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    result = subprocess.run(  # noqa: S603  # a locked tool
        [str(checker), "--builtin-schema", "vendor.compose-spec", str(COMPOSE)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stdout


def test_every_process_of_the_system_has_a_service(services: dict[str, dict[str, Any]]) -> None:
    assert services.keys() == PACKAGES.keys() | SERVERS | ONE_SHOT | {"gateway"}
    for name, package in PACKAGES.items():
        command = next(process.command for process in SERVICE_PROCESSES if process.name == name)
        assert services[name]["command"][1:4] == ["-m", f"vinculo.{package}", command]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_service_gets_all_of_its_settings_and_no_others(
    name: str, services: dict[str, dict[str, Any]]
) -> None:
    """Optional ones without a value are passed on from the environment of `docker compose`."""
    assert services[name]["environment"].keys() == variables_of(PACKAGES[name])


@pytest.mark.parametrize("name", PACKAGES)
def test_a_setting_that_is_required_or_local_by_default_has_a_value(
    name: str, services: dict[str, dict[str, Any]]
) -> None:
    """The loopback address is of no use between containers."""
    needed = local_by_default(PACKAGES[name]) | required_by(PACKAGES[name])
    assert {"VINCULO_KAFKA", "VINCULO_PUBLIC_URL", "VINCULO_KEYRING_URL"} <= needed
    environment = services[name]["environment"]
    assert {key for key in needed if environment[key] is None} == set()


def test_the_migrations_get_the_settings_of_every_service(
    services: dict[str, dict[str, Any]],
) -> None:
    all_settings = {key for name in PACKAGES for key in services[name]["environment"]}
    assert services["migrate"]["environment"].keys() == all_settings
    known = {variable for package in PACKAGES.values() for variable in variables_of(package)}
    assert services["topics"]["environment"].keys() <= known


def test_the_gateway_gets_every_variable_of_its_templates(
    services: dict[str, dict[str, Any]],
) -> None:
    """And the native limits; the directives are made of the trusted proxies by a script."""
    templates = "".join(
        (ROOT / f"deploy/gateway/{name}.conf.template").read_text(encoding="utf-8")
        for name in ("gateway", "nginx")
    )
    variables = set(re.findall(r"\$\{(VINCULO_[A-Z_]+)\}", templates))
    environment = services["gateway"]["environment"]
    assert environment.keys() - {"VINCULO_TRUSTED_PROXIES"} == variables - {"VINCULO_SET_REAL_IP"}
    assert {name: environment[name] for name in DEFAULT_LIMITS} == DEFAULT_LIMITS


def test_containers_are_hardened(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert name in PACKAGES or name in ONE_SHOT or service["user"] != "root", name


def test_only_the_gateway_is_published_on_the_loopback_address(
    services: dict[str, dict[str, Any]],
) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published == {"gateway": ["127.0.0.1:8080:8080"]}


def test_every_long_running_service_has_a_health_check(services: dict[str, dict[str, Any]]) -> None:
    assert {name for name, service in services.items() if "healthcheck" not in service} == ONE_SHOT


def test_every_database_is_created(services: dict[str, dict[str, Any]]) -> None:
    script = (ROOT / "deploy/images/postgres/databases.sql").read_text(encoding="utf-8")
    urls = [
        value
        for service in services.values()
        for value in (service.get("environment") or {}).values()
        if str(value).startswith("postgresql://")
    ]
    assert {f"CREATE DATABASE {url.rpartition('/')[2]};" for url in urls} == {
        line for line in script.splitlines() if line.startswith("CREATE")
    }
