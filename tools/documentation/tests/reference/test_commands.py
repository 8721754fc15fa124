"""The reference of commands has what the command lines list."""

import re
import subprocess
import sys

import pytest

from vinculo.documentation.reference.commands import (
    MODULES,
    commands,
    commands_page,
    commands_problems,
)
from vinculo.local.paths import ROOT
from vinculo.local.services import SERVICE_PROCESSES

PACKAGES = sorted({*(each.package for each in SERVICE_PROCESSES), *MODULES})


def listed(module: str, *group: str) -> set[str]:
    """The commands that `--help` prints."""
    result = subprocess.run(  # noqa: S603 - our own command line
        [sys.executable, "-m", module, *group, "--help"],
        env={"COLUMNS": "200", "TERM": "dumb"},
        check=True,
        capture_output=True,
        text=True,
    )
    _, _, text = result.stdout.partition(" Commands ")
    return set(re.findall(r"^│ ([a-z-]+)  ", text, re.MULTILINE))


@pytest.mark.parametrize("package", PACKAGES)
def test_the_commands_of_a_module_are_those_of_its_help(package: str) -> None:
    module = f"vinculo.{package}"
    found = [each for each in commands(ROOT) if each.module == module]
    groups = {each.name.partition(" ")[0] for each in found}

    assert groups == listed(module)
    for group in {each.name.partition(" ")[0] for each in found if " " in each.name}:
        inner = {each.name.partition(" ")[2] for each in found if each.name.startswith(f"{group} ")}
        assert inner == listed(module, group)


def test_every_command_has_a_help_text_and_is_on_the_page() -> None:
    page = commands_page(ROOT)

    assert commands_problems(ROOT) == []
    assert all(f"| `{each.usage}` |" in page for each in commands(ROOT))


def test_arguments_and_options_are_part_of_the_usage() -> None:
    usages = {f"{each.module} {each.usage}" for each in commands(ROOT)}

    assert "vinculo.onboarding staff add --email EMAIL --role ROLE" in usages
    assert "vinculo.query_api rebuild [--keep] [--processes PROCESSES]" in usages
    assert "vinculo.notifications preview FOLDER" in usages


def test_hidden_commands_are_left_out() -> None:
    assert "load-slice" not in {each.name for each in commands(ROOT)}
