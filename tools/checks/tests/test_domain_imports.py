"""Domain modules load no framework at run time, and one that does is found."""

from pathlib import Path

import pytest

from vinculo.checks.domain_imports import domain_import_problems, domain_modules

ROOT = Path(__file__).parents[3]


class Service:
    """A checkout with one service, whose modules the tests write."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._package = root / "services" / "lending" / "src" / "vinculo" / "lending"
        self.write("__init__.py", "")
        self.write("domain/__init__.py", "")

    def write(self, path: str, code: str) -> None:
        file = self._package / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code, "utf-8")

    def problems(self) -> list[str]:
        return domain_import_problems(self.root)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return Service(tmp_path)


def test_the_domains_of_this_repository_are_plain() -> None:
    assert domain_import_problems(ROOT) == []


def test_every_service_with_a_domain_is_checked() -> None:
    services = {
        member.name for member in (ROOT / "services").iterdir() if domain_modules(member / "src")
    }

    assert {"onboarding", "documents", "customer-registry", "notifications"} <= services


def test_a_plain_domain_may_import_the_standard_library_and_events(service: Service) -> None:
    service.write("domain/loan.py", "import decimal\nfrom vinculo.events import Decider, uuid7\n")

    assert service.problems() == []


def test_a_framework_is_found_in_the_module_that_loads_it(service: Service) -> None:
    service.write("domain/loan.py", "import dataclasses\n")
    service.write("domain/rates/daily.py", "import pydantic\n")

    assert service.problems() == ["vinculo.lending.domain.rates.daily loads pydantic"]


def test_a_framework_is_found_behind_other_modules(service: Service) -> None:
    service.write("storage.py", "import sqlalchemy\n")
    service.write("domain/loan.py", "from vinculo.lending import storage\n")

    assert "vinculo.lending.domain.loan loads sqlalchemy" in service.problems()


def test_a_framework_that_the_package_itself_loads_is_found(service: Service) -> None:
    service.write("__init__.py", "import starlette\n")

    assert service.problems() == ["vinculo.lending.domain loads starlette"]


def test_a_domain_that_cannot_be_imported_is_a_problem(service: Service) -> None:
    service.write("domain/loan.py", "import no_such_module\n")

    (problem,) = service.problems()

    assert problem.startswith("lending: the domain cannot be imported: ModuleNotFoundError")
