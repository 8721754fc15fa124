"""docker-compose.yml and the images: valid, pinned, hardened, with every setting and no secret."""

import inspect
import re
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any, get_args

import pytest
import yaml
from pydantic import SecretBytes, SecretStr
from pydantic_settings import BaseSettings

from vinculo.local.compose_secrets import DATABASE_URLS, make_secrets
from vinculo.local.paths import ROOT
from vinculo.local.servers.gateway import DEFAULT_LIMITS
from vinculo.local.services import SERVICE_PROCESSES
from vinculo.local.state import SERVER_NAMES

COMPOSE = ROOT / "docker-compose.yml"
PACKAGES = {process.name: process.package for process in SERVICE_PROCESSES}
ONE_SHOT = {"replica-set", "migrate", "topics", "demo"}
SERVERS = set(SERVER_NAMES)
PUBLISHED = {"gateway", "mail", "sms"}
INTERPRETERS = re.compile(r"\b(python|node|java|mongosh|kafka-[a-z-]+\.sh)\b")


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    return dict(content()["services"])


def content() -> dict[str, Any]:
    return dict(yaml.safe_load(COMPOSE.read_text(encoding="utf-8")))


def default_of(value: object) -> str:
    """What compose makes of `${NAME:-default}` where NAME is not given."""
    text, found = str(value), 1
    while found:  # from the inside outwards
        text, found = re.subn(r"\$\{[A-Z_]+:-([^${}]*)\}", r"\1", text)
    return text


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


def secrets_of(package: str) -> set[str]:
    """The settings that hold a secret."""
    return {
        name.upper()
        for kind in settings_classes(package)
        for name, field in kind.model_fields.items()
        if {SecretStr, SecretBytes} & {field.annotation, *get_args(field.annotation)}
    }


def given_to(service: dict[str, Any]) -> set[str]:
    """The settings with a value in the file, or a file of secrets."""
    environment = service.get("environment") or {}
    values = {name for name, value in environment.items() if value is not None}
    return values | {name.upper() for name in service.get("secrets", ())}


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
    service = services[name]
    secrets = {each.upper() for each in service["secrets"]}
    assert service["environment"].keys() | secrets == variables_of(PACKAGES[name])


@pytest.mark.parametrize("name", PACKAGES)
def test_a_setting_that_is_required_or_local_by_default_is_given(
    name: str, services: dict[str, dict[str, Any]]
) -> None:
    """The loopback address is of no use between containers."""
    needed = local_by_default(PACKAGES[name]) | required_by(PACKAGES[name])
    assert {"VINCULO_KAFKA", "VINCULO_PUBLIC_URL", "VINCULO_KEYRING_URL"} <= needed
    assert needed - given_to(services[name]) == set()


@pytest.mark.parametrize("name", PACKAGES)
def test_a_service_reads_its_secrets_from_files(
    name: str, services: dict[str, dict[str, Any]]
) -> None:
    """The file has no value for a secret, and a service gets no file that it does not read."""
    secrets = secrets_of(PACKAGES[name])
    assert {"VINCULO_KEYRING_URL", "VINCULO_KEY_ENCRYPTION_KEY"} <= secrets
    service = services[name]
    assert {each.upper() for each in service["secrets"]} <= secrets
    assert {key for key in secrets if service["environment"].get(key) is not None} == set()
    assert service["environment"]["VINCULO_SECRETS_DIR"] == "/run/secrets"


def test_no_service_has_a_secret_in_its_environment_or_command(
    services: dict[str, dict[str, Any]],
) -> None:
    for name, service in services.items():
        for key, value in (service.get("environment") or {}).items():
            holds_secret = re.search(r"PASSWORD$|SECRET|_KEY$|TOKEN", key)
            assert value is None or not holds_secret or key == "VINCULO_SECRETS_DIR", (name, key)
            assert not re.search(r"://[^/]*@", str(value)), (name, key)
    assert "PRIVATE KEY" not in COMPOSE.read_text(encoding="utf-8")


def test_every_file_of_secrets_is_made(tmp_path: Path) -> None:
    made = make_secrets(tmp_path / "secrets")
    declared = content()["secrets"]
    assert set(made) == declared.keys()
    for name, each in declared.items():
        assert default_of(each["file"]) == f"./.vinculo/secrets/{name}"
    used = {
        name for service in content()["services"].values() for name in service.get("secrets", ())
    }
    assert used == declared.keys()


@pytest.mark.parametrize("package", sorted(set(PACKAGES.values())))
def test_a_service_accepts_the_secrets_that_are_made(
    package: str,
    tmp_path: Path,
    services: dict[str, dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_secrets(tmp_path)
    name = next(each for each, of in PACKAGES.items() if of == package)
    for variable, value in services[name]["environment"].items():
        monkeypatch.delenv(variable, raising=False)
        if value is not None:
            monkeypatch.setenv(variable, default_of(value))
    for variable in services[name]["secrets"]:
        monkeypatch.delenv(variable.upper(), raising=False)
    monkeypatch.setenv("VINCULO_SECRETS_DIR", str(tmp_path))
    module = import_module(f"vinculo.{package}.settings")
    module.Settings()


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
    made_of = {"VINCULO_TRUSTED_PROXIES", "VINCULO_RESOLVERS"}
    made = {"VINCULO_SET_REAL_IP", "VINCULO_RESOLVER"}
    assert environment.keys() - made_of == variables - made
    assert {name: default_of(environment[name]) for name in DEFAULT_LIMITS} == DEFAULT_LIMITS
    for name in DEFAULT_LIMITS:
        assert environment[name].startswith(f"${{{name}:-")


def test_containers_are_hardened_and_limited(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert int(service["user"].partition(":")[0]) > 0, name
        assert service["mem_limit"], name
        assert service["pids_limit"], name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name
        assert service["restart"] == ("no" if name in ONE_SHOT else "unless-stopped"), name
        for folder in service.get("tmpfs", ()):
            assert "size=" in folder, (name, folder)


def test_every_volume_has_a_name(services: dict[str, dict[str, Any]]) -> None:
    """One without a name stays behind; a folder that an image declares is a named one or tmpfs."""
    declared = content()["volumes"].keys()
    named = set()
    for service in services.values():
        for volume in service.get("volumes", ()):
            source, _, _ = volume.partition(":")
            assert source.startswith("./") or source in declared, volume
            named |= {source} & declared
    assert named == declared
    for name, folders in DECLARED_BY_IMAGES.items():
        covered = [*services[name].get("volumes", ()), *services[name].get("tmpfs", ())]
        for folder in folders:
            assert any(folder in each.split(":") for each in covered), (name, folder)


DECLARED_BY_IMAGES = {
    "kafka": ["/etc/kafka/secrets", "/mnt/shared/config", "/var/lib/kafka/data"],
    "postgres": ["/var/lib/postgresql"],
    "mongodb": ["/data/db", "/data/configdb"],
    "replica-set": ["/data/db", "/data/configdb"],
    "minio": ["/data"],
}


def test_every_image_is_pinned_or_built(services: dict[str, dict[str, Any]]) -> None:
    built = {service["image"] for service in services.values() if "build" in service}
    for name, service in services.items():
        image = service["image"]
        if image not in built:
            assert re.fullmatch(r"\$\{[A-Z]+_IMAGE:-[a-z/-]+:v?\d+\.\d+[\w.-]*\}", image), name
        elif "build" not in service:
            assert service["pull_policy"] == "never", name
    assert len(built) == len([one for one in services.values() if "build" in one])


def test_every_base_image_of_a_dockerfile_is_pinned() -> None:
    bases = {
        base
        for path in (ROOT / "deploy/images").glob("*/Dockerfile")
        for base in base_images(path.read_text(encoding="utf-8"))
    }
    assert len(bases) == 5
    for base in bases:
        assert re.fullmatch(r"[a-z/-]+:\d+\.\d+[\w.-]*", base), base


def base_images(dockerfile: str) -> list[str]:
    """The images outside of the file, with the defaults of its arguments."""
    for name, default in re.findall(r"^ARG ([A-Z_]+)=(\S+)$", dockerfile, re.MULTILINE):
        dockerfile = dockerfile.replace(f"${{{name}}}", default)
    stages = re.findall(r"^FROM \S+ AS (\S+)$", dockerfile, re.MULTILINE)
    return [
        base for base in re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) if base not in stages
    ]


def test_compose_passes_the_default_base_images_on(services: dict[str, dict[str, Any]]) -> None:
    for name in ("migrate", "demo", "gateway"):
        build = services[name]["build"]
        given = {default_of(base) for base in build["args"].values()}
        dockerfile = (ROOT / build["dockerfile"]).read_text(encoding="utf-8")
        assert given == set(base_images(dockerfile)), name


def test_a_change_of_code_installs_no_package_again() -> None:
    """Packages have a layer of their own, which only their lock and `slim.sh` invalidate."""
    text = (ROOT / "deploy/images/services/Dockerfile").read_text(encoding="utf-8")
    stages = dict(re.findall(r"^FROM \S+ AS (\S+)$((?:\n(?!FROM ).*)*)", text, re.MULTILINE))
    copied = re.findall(r"^COPY (.*) \./$", stages["packages"], re.MULTILINE)
    assert copied == ["deploy/images/services/services.lock deploy/images/services/slim.sh"]
    assert "--require-hashes -r services.lock" in stages["packages"]
    assert re.findall(r"^COPY --from=(\S+)", stages["services"], re.MULTILINE) == [
        "packages",
        "members",
    ]
    assert "--editable" not in text


def test_only_people_s_addresses_are_published_and_on_the_loopback_address(
    services: dict[str, dict[str, Any]],
) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}
    assert published.keys() == PUBLISHED
    assert published["gateway"] == ["127.0.0.1:${VINCULO_PORT:-8080}:8080"]
    for ports in published.values():
        assert all(port.startswith("127.0.0.1:") for port in ports)


def test_networks_separate_the_data_from_the_outside(services: dict[str, dict[str, Any]]) -> None:
    on = {name: set(service["networks"]) for name, service in services.items()}
    assert content()["networks"]["data"] == {"internal": True}
    assert on["gateway"] == {"edge"}
    assert on["documents-worker"] == {"data"}  # files of strangers are read there
    for name in ("postgres", "kafka", "mongodb"):
        assert on[name] == {"data"}
    for name in ("mail", "sms"):
        assert on[name] == {"messages"}
    routed = set(re.findall(r"([a-z-]+):\d+", str(services["gateway"]["environment"])))
    assert {name for name, networks in on.items() if "edge" in networks} >= routed & on.keys()
    assert len(routed & on.keys()) == 6
    for name in PACKAGES:
        assert "data" in on[name]


def test_every_long_running_service_has_a_cheap_health_check(
    services: dict[str, dict[str, Any]],
) -> None:
    """None starts an interpreter; the shell of the check of services is run by another test."""
    assert {name for name, service in services.items() if "healthcheck" not in service} == ONE_SHOT
    for name in services.keys() - ONE_SHOT:
        check = services[name]["healthcheck"]
        assert not INTERPRETERS.search(" ".join(check["test"])), name
        assert int(check["interval"].removesuffix("s")) >= 5, name
        # `start_interval` is refused by engines before version 25, such as Debian 12's.
        assert check.keys() == {"test", "interval", "timeout", "retries"}, name


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (None, False)])
def test_the_health_check_of_services_tells_ready_from_not(
    status: int | None,
    healthy: bool,  # noqa: FBT001  # a case
    services: dict[str, dict[str, Any]],
) -> None:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health/ready" and status else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own name
            del format, args

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        port = server.server_address[1]
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            _, *command = services["query-api"]["healthcheck"]["test"]
            script = command[-1].replace("8000", str(port if status else 1)).replace("$$", "$")
            result = subprocess.run([*command[:-1], script], check=False, capture_output=True)  # noqa: S603  # of our file
        finally:
            server.shutdown()
            thread.join()
    assert (result.returncode == 0) is healthy


def test_jobs_run_in_order_before_the_services(services: dict[str, dict[str, Any]]) -> None:
    done, healthy = ("service_completed_successfully", "service_healthy")

    def after(name: str) -> dict[str, str]:
        return {each: one["condition"] for each, one in services[name]["depends_on"].items()}

    assert after("replica-set") == {"mongodb": healthy}
    assert after("migrate") == {
        "kafka": healthy,
        "postgres": healthy,
        "minio": healthy,
        "replica-set": done,
    }
    assert after("topics") == {"kafka": healthy}
    for name in PACKAGES:
        assert after(name) == {"migrate": done, "topics": done}


def test_every_database_is_created() -> None:
    script = (ROOT / "deploy/images/postgres/databases.sql").read_text(encoding="utf-8")
    assert {f"CREATE DATABASE {name};" for name in DATABASE_URLS.values()} == {
        line for line in script.splitlines() if line.startswith("CREATE")
    }
