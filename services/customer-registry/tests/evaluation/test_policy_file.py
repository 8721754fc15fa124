from pathlib import Path

import pytest

from vinculo.customer_registry.evaluation.policy_file import read_policies
from vinculo.customer_registry.evaluation.rules import RuleEngine
from vinculo.process.configuration_files import ConfigurationFileError

REQUIREMENT = """
code = "adult"
facts = ["age_years"]
expression = "age_years >= 18"
title_es = "Mayor de edad"
title_en = "Of age"
"""
GOOD = f'[projects]\ndefault = "strict"\n[[policies.strict]]{REQUIREMENT}'


def read(folder: Path, text: str) -> object:
    path = folder / "policies.toml"
    path.write_text(text, "utf-8")
    return read_policies(path, RuleEngine())


def test_the_shipped_policies_are_for_both_projects() -> None:
    by_project = read_policies(None, RuleEngine()).by_project

    assert {project: policy for project, (policy, _) in by_project.items()} == {
        "default": "reviewed",
        "express": "self-service",
    }
    reviewed, self_service = (
        {requirement.code for requirement in requirements}
        for _, requirements in by_project.values()
    )
    assert reviewed - self_service == {"documents_accepted"}
    assert self_service - reviewed == {"documents_submitted"}


def test_a_file_of_the_installation_is_read(tmp_path: Path) -> None:
    path = tmp_path / "policies.toml"
    path.write_text(GOOD, "utf-8")

    policy, (requirement,) = read_policies(path, RuleEngine()).by_project["default"]

    assert policy == "strict"
    assert requirement.facts == ("age_years",)
    assert requirement.title_es == "Mayor de edad"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[projects", "not TOML"),
        ("", "projects: Field required"),
        ("[projects]\n[policies]", "projects"),
        (GOOD.replace('"strict"', '"lax"'), "no such policy: lax"),
        (GOOD.replace("age_years >= 18", "age >= 18"), "policies.strict, adult: .*undeclared"),
        (GOOD.replace("age_years >= 18", "age_years"), "has the type INT, not BOOL"),
        (GOOD.replace('["age_years"]', '["age"]'), "no such fact: age"),
        (GOOD.replace('["age_years"]', "[]"), "facts"),
        (GOOD.replace('code = "adult"', 'code = "Of Age"'), "code"),
        (GOOD + "\nwaivable = true", "waivable"),
        (GOOD + f"\n[[policies.strict]]{REQUIREMENT}", "more than one requirement"),
        ("[projects]\ndefault = 'strict'\n[policies]\nstrict = []", "policies.strict"),
    ],
)
def test_a_file_with_a_mistake_is_refused_whole_in_one_line(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(ConfigurationFileError, match=complaint) as refusal:
        read(tmp_path, text)

    assert "\n" not in str(refusal.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFileError, match="No such file"):
        read_policies(tmp_path / "nothing.toml", RuleEngine())


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "policies.toml"
    path.write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ConfigurationFileError, match="not TOML"):
        read_policies(path, RuleEngine())
