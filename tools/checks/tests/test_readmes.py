"""Every member has a README that names each of its modules and packages, with links that work."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PATTERNS = ("contracts", "libs/*", "services/*", "tools/*", "deploy/local")
MEMBERS = sorted(
    project.parent for pattern in PATTERNS for project in ROOT.glob(f"{pattern}/pyproject.toml")
)
UNNAMED = {"migrations", "locale"}
"""Folders that a package has by convention."""

every_member = pytest.mark.parametrize(
    "member", MEMBERS, ids=lambda member: str(member.relative_to(ROOT))
)


@every_member
def test_the_readme_names_every_module_and_package(member: Path) -> None:
    text = (member / "README.md").read_text("utf-8")
    (package,) = (member / "src" / "vinculo").glob("[!_]*/")
    names = {
        part.stem
        for part in package.iterdir()
        if (part.suffix == ".py" or any(part.glob("*.py"))) and not part.name.startswith("_")
    }

    assert sorted(name for name in names - UNNAMED if not re.search(rf"\b{name}\b", text)) == []


def test_the_readme_of_the_journeys_names_every_module() -> None:
    journeys = ROOT / "tests"
    text = (journeys / "README.md").read_text("utf-8")

    assert [path.name for path in sorted(journeys.glob("*.py")) if path.name not in text] == []


@every_member
def test_the_links_of_the_readme_lead_to_files(member: Path) -> None:
    text = (member / "README.md").read_text("utf-8")
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)

    assert [target for target in targets if not (member / target).exists()] == []
