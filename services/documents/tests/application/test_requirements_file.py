from pathlib import Path

import pytest

from vinculo.documents.application.requirements_file import read_requirements
from vinculo.documents.domain.dossier import Requirement
from vinculo.process.configuration_files import ConfigurationFileError

FRONT = """
[[requirements]]
code = "identity_card_front"
kinds = ["identity_card_front"]
"""


def test_the_shipped_file_requires_the_four_documents_of_everybody() -> None:
    usual = read_requirements(None).of("any project")

    assert [requirement.code for requirement in usual.requirements] == [
        "identity_card_front",
        "identity_card_back",
        "payslip",
        "employment_proof",
    ]
    assert usual.requirements[3].kinds == ("employment_certificate", "employment_contract")


def test_a_credit_line_has_its_own_documents(tmp_path: Path) -> None:
    path = tmp_path / "requirements.toml"
    path.write_text(
        f"version = 7\n{FRONT}"
        "[[projects.microcredit.requirements]]\n"
        'code = "income"\nkinds = ["bank_statement", "tax_return"]\n',
        encoding="utf-8",
    )

    sets = read_requirements(path)

    assert sets.of("microcredit").requirements == (
        Requirement(code="income", kinds=("bank_statement", "tax_return")),
    )
    assert [each.code for each in sets.of("default").requirements] == ["identity_card_front"]
    assert {sets.of(project).version for project in ("microcredit", "default")} == {7}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("version = 1", "requirements: Field required"),
        ("version = 1\nrequirements = []", "requirements: List should have at least 1 item"),
        (f"version = 0\n{FRONT}", "version: Input should be greater than or equal to 1"),
        (f"version = 1\n{FRONT}{FRONT}", "identity_card_front stands there twice"),
        (f"version = 1\n{FRONT}colour = 1", "colour: Extra inputs are not permitted"),
        (FRONT.replace('["identity_card_front"]', '["selfie"]'), "kinds.0: Input should be"),
        ("version = ", "not TOML"),
        ('version = "\udcff"', "not TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(
    tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "requirements.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(ConfigurationFileError) as refused:
        read_requirements(path)

    assert str(refused.value).startswith(f"{path}: ")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFileError, match="No such file"):
        read_requirements(tmp_path / "nothing.toml")
