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


def test_the_shipped_file_requires_four_documents_in_every_project() -> None:
    default = read_requirements(None).for_project("any project")

    assert [requirement.code for requirement in default.requirements] == [
        "identity_card_front",
        "identity_card_back",
        "payslip",
        "employment_proof",
    ]
    assert default.requirements[3].kinds == ("employment_certificate", "employment_contract")


def test_a_credit_line_has_its_own_documents(tmp_path: Path) -> None:
    path = tmp_path / "requirements.toml"
    path.write_text(
        f"version = 7\n{FRONT}"
        "[[projects.microcredit.requirements]]\n"
        'code = "income"\nkinds = ["bank_statement", "tax_return"]\n',
        encoding="utf-8",
    )

    sets = read_requirements(path)

    assert sets.for_project("microcredit").requirements == (
        Requirement(code="income", kinds=("bank_statement", "tax_return")),
    )
    assert [each.code for each in sets.for_project("default").requirements] == [
        "identity_card_front"
    ]
    assert {sets.for_project(project).version for project in ("microcredit", "default")} == {7}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version = 1", "requirements: Field required"),
        ("version = 1\nrequirements = []", "requirements: List should have at least 1 item"),
        (f"version = 0\n{FRONT}", "version: Input should be greater than or equal to 1"),
        (f"version = 1\n{FRONT}{FRONT}", "identity_card_front is repeated"),
        (f"version = 1\n{FRONT}colour = 1", "colour: Extra inputs are not permitted"),
        (FRONT.replace('["identity_card_front"]', '["selfie"]'), "kinds.0: Input should be"),
        ("version = ", "not TOML"),
        ('version = "\udcff"', "not TOML"),
    ],
)
def test_an_invalid_file_is_refused_with_one_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "requirements.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(ConfigurationFileError) as refusal:
        read_requirements(path)

    assert str(refusal.value).startswith(f"{path}: ")
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationFileError, match="No such file"):
        read_requirements(tmp_path / "nothing.toml")
