"""The policies, the message, the commands and the calls of the tutorial are those of the code."""

import re
from pathlib import Path

import pytest

from vinculo.customer_registry.evaluation.policy_file import read_policies
from vinculo.customer_registry.evaluation.rules import RuleEngine
from vinculo.documentation.reference.permissions import operations
from vinculo.local.paths import ROOT
from vinculo.process import ConfigurationFileError

TUTORIAL = (ROOT / "docs/tutorial.md").read_text("utf-8")
POLICY, CORRECTION, CHANGE = re.findall(r"^```toml\n(.*?)^```$", TUTORIAL, re.MULTILINE | re.DOTALL)
REFUSAL = re.search(r"^ +REGISTRY_POLICIES: (.*)$", TUTORIAL, re.MULTILINE)


def policy_with(tmp_path: Path, lines: str) -> Path:
    """The tutorial's policy file with the lines in place of those with the same key."""
    path = tmp_path / "policies.toml"
    head, salary, tail = POLICY.partition('code = "salary_sufficient"\n')
    for line in lines.splitlines():
        key = line.partition(" = ")[0]
        tail = re.sub(rf"^{key} = .*$", line, tail, count=1, flags=re.MULTILINE)
    path.write_text(head + salary + tail, "utf-8")
    return path


def test_the_mistake_is_refused_with_the_shown_message(tmp_path: Path) -> None:
    assert REFUSAL is not None
    with pytest.raises(ConfigurationFileError, match=re.escape(REFUSAL[1])):
        read_policies(policy_with(tmp_path, ""), RuleEngine())


@pytest.mark.parametrize(("lines", "cents"), [(CORRECTION, 200_000_000), (CHANGE, 100_000_000)])
def test_the_corrected_and_the_changed_policy_are_accepted(
    tmp_path: Path, lines: str, cents: int
) -> None:
    path = policy_with(tmp_path, lines)

    read_policies(path, RuleEngine())

    assert f'"net_monthly_salary_cents >= {cents}"' in path.read_text("utf-8")


def test_its_calls_are_operations_of_the_services() -> None:
    paths = {each.route.partition(" ")[2] for each in operations()}
    called = set(re.findall(r"\$GATEWAY(/[a-z0-9/$-]+)", TUTORIAL))

    assert len(called) == 5
    assert {path.replace("$person", "{person_id}") for path in called} <= paths


def test_its_make_targets_exist() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"\bmake (\w+)$|\bmake (\w+) PEOPLE", TUTORIAL, re.MULTILINE))

    names = {name for pair in targets for name in pair if name}
    assert names == {"demo", "up", "down"}
    assert all(re.search(rf"^{name}: ", makefile, re.MULTILINE) for name in names)
