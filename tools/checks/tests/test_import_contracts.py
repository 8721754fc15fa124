"""The import contracts of the root pyproject.toml catch what they are for, tried on a copy."""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = ("contracts/src", "libs/*/src", "services/*/src", "tools/*/src", "deploy/local/src")
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """All packages in one folder, beside the real configuration."""
    for pattern in SOURCES:
        for source in ROOT.glob(pattern):
            shutil.copytree(
                source / "vinculo",
                tmp_path / "vinculo",
                dirs_exist_ok=True,
                ignore=shutil.ignore_patterns("__pycache__", "locale", "templates"),
            )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken_contracts(checkout: Path) -> set[str]:
    """Names of the contracts that the copy breaks; -S leaves the installed members out."""
    packages = sysconfig.get_paths()["purelib"]
    run = subprocess.run(  # noqa: S603 - this Python
        [sys.executable, "-S", "-c", LINT, "--no-cache", "--config", "pyproject.toml"],
        cwd=checkout,
        env={**os.environ, "PYTHONPATH": f"{checkout}{os.pathsep}{packages}", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = run.stdout.splitlines()
    broken = {line.removesuffix(" BROKEN") for line in lines if line.endswith(" BROKEN")}
    assert broken or run.returncode == 0, run.stdout + run.stderr
    return broken


def add_import(checkout: Path, module: str, imported: str) -> None:
    path = checkout.joinpath("vinculo", *module.split(".")).with_suffix(".py")
    path.write_text(f"import {imported}\n{path.read_text('utf-8')}", "utf-8")


def test_the_unchanged_copy_breaks_nothing(copy: Path) -> None:
    assert broken_contracts(copy) == set()


def test_an_import_of_a_higher_layer_is_caught(copy: Path) -> None:
    add_import(copy, "onboarding.storage.accounts", "vinculo.onboarding.application.sessions")

    assert "onboarding: layers" in broken_contracts(copy)


def test_an_import_of_another_service_is_caught(copy: Path) -> None:
    add_import(copy, "documents.main", "vinculo.onboarding.main")

    assert broken_contracts(copy) == {
        "services stand apart from each other, above contracts and libraries"
    }


def test_two_packages_that_import_each_other_are_caught(copy: Path) -> None:
    package = copy / "vinculo" / "privacy"
    for name, other in (("first", "second"), ("second", "first")):
        (package / name).mkdir()
        (package / name / "__init__.py").touch()
        (package / name / "module.py").write_text(f"import vinculo.privacy.{other}.module\n")

    assert broken_contracts(copy) == {"no two packages of a member import each other"}


def test_a_package_that_has_no_layer_is_caught(copy: Path) -> None:
    (copy / "vinculo" / "notifications" / "helpers.py").touch()

    assert broken_contracts(copy) == {"notifications: layers"}


@pytest.mark.parametrize(
    ("module", "imported", "contract"),
    [
        ("documents.domain.dossier", "sqlalchemy", "domains are plain Python"),
        ("documents.domain.dossier", "vinculo.messaging", "domains are plain Python"),
        (
            "documents.application.uploads",
            "vinculo.httpapi.problems",
            "HTTP problems only at the edge",
        ),
    ],
)
def test_what_a_layer_may_not_import_is_caught(
    copy: Path, module: str, imported: str, contract: str
) -> None:
    add_import(copy, module, imported)

    assert contract in broken_contracts(copy)
