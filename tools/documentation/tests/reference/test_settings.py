"""The reference of settings has every variable with services, default, unit and meaning."""

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import SecretStr

from vinculo.documentation.reference import settings as reference
from vinculo.documentation.reference.settings import Setting, settings, settings_problems
from vinculo.local.paths import ROOT
from vinculo.local.services import SERVICE_PROCESSES
from vinculo.process import EnvironmentSettings


@pytest.fixture(scope="module")
def found() -> dict[str, Setting]:
    return {each.name: each for each in settings(ROOT)}


def fields_of(package: str) -> set[str]:
    """The variables of a service, read from its settings module by other means."""
    module = import_module(f"vinculo.{package}.settings")
    return {
        name.upper()
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, EnvironmentSettings)
        for name in kind.model_fields
    }


@pytest.mark.parametrize("package", sorted({each.package for each in SERVICE_PROCESSES}))
def test_every_variable_of_a_service_is_on_the_page(
    package: str, found: dict[str, Setting]
) -> None:
    service = package.replace("_", "-")
    page = reference.settings_page(ROOT)

    assert {name for name, each in found.items() if service in each.services} == fields_of(package)
    assert all(f"| `{name}` |" in page for name in fields_of(package))


def test_every_variable_of_the_container_set_up_is_known(found: dict[str, Setting]) -> None:
    composed = (ROOT / "docker-compose.yml").read_text("utf-8")
    services = r"\b(?:ONBOARDING|DOCUMENTS|REGISTRY|NOTIFICATIONS|QUERY)_[A-Z_]+(?=:)"

    assert set(re.findall(services, composed)) <= found.keys()


def test_every_variable_of_the_gateway_and_the_local_stack_is_on_the_page() -> None:
    """Any name in a template or script of the gateway, or in the code of the local stack."""
    sources = [*(ROOT / "deploy/gateway").iterdir(), ROOT / "deploy/setup.py"]
    sources += (ROOT / "deploy/local/src").rglob("*.py")
    texts = [path.read_text("utf-8") for path in sources]
    texts += re.findall(r"^  gateway:\n(?:    .*\n)+", (ROOT / "docker-compose.yml").read_text())
    named = {name for text in texts for name in re.findall(r"\bVINCULO_[A-Z0-9_]*[A-Z0-9]", text)}
    read = {
        name
        for text in texts
        for name in re.findall(r"\benviron(?:\.get\(|\[)[\"']([A-Z_]+)", text)
    }
    page = reference.settings_page(ROOT)

    assert {"VINCULO_WEB", "VINCULO_NATIVE"} <= named
    unknown = {name for name in named | read if f"| `{name}` |" not in page}
    assert unknown == {"HOME", "PATH"}


def test_no_setting_lacks_a_description_or_a_unit() -> None:
    assert settings_problems(settings(ROOT)) == []


def test_a_shared_variable_names_its_services_and_default(found: dict[str, Setting]) -> None:
    link_key = found["VINCULO_LINK_KEY"]

    assert link_key.services == ("notifications", "onboarding")
    assert link_key.default is None


def test_the_unit_comes_from_the_name_or_the_annotation(found: dict[str, Setting]) -> None:
    assert found["VINCULO_SESSION_TIMEOUT_MS"].unit == "milliseconds"
    assert found["ONBOARDING_POOL_SIZE"].unit == "connections"
    assert found["VINCULO_KAFKA"].unit is None


@pytest.mark.parametrize(
    ("name", "default"),
    [
        ("ONBOARDING_CURRENCIES", "`CO:COP`"),
        ("ONBOARDING_PROJECTS", "`default,express`"),
        ("ONBOARDING_PASSWORD_THREADS", "depends on the machine"),
        ("ONBOARDING_CREDIT_URL", "none"),
        ("NOTIFICATIONS_REMINDER_IDLE_DAYS", "`2,7`"),
        ("VINCULO_SMTP", "`smtp://127.0.0.1:1025`"),
    ],
)
def test_a_default_is_written_as_in_the_environment(
    name: str, default: str, found: dict[str, Setting]
) -> None:
    assert found[name].default == default


def test_a_setting_without_description_or_unit_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Undescribed(EnvironmentSettings):
        sample_size: int = 3
        sample_url: SecretStr
        """An address."""

    monkeypatch.setattr(reference, "settings_classes", lambda _: [Undescribed])

    assert settings_problems(settings(tmp_path)) == [
        "SAMPLE_SIZE: the field has no docstring",
        "SAMPLE_SIZE: no unit, neither in the name nor as Unit",
    ]
