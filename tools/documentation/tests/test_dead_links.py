"""Dead links between pages, to headings and to files are found."""

from pathlib import Path

import pytest

from vinculo.documentation.dead_links import dead_links
from vinculo.documentation.generated_pages import generated_pages
from vinculo.local.paths import ROOT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "libs").mkdir()
    (tmp_path / "libs" / "code.py").touch()
    (tmp_path / "docs" / "page.md").write_text("# A page\n\n## Steps, in `order`\n")
    return tmp_path


def found(root: Path, text: str, **generated: str) -> list[str]:
    (root / "README.md").write_text(text)
    return dead_links(root, generated)


@pytest.mark.parametrize(
    "link",
    [
        "docs/page.md",
        "docs/page.md#steps-in-order",
        "libs",
        "libs/code.py",
        "#here",
        "https://example.com/missing",
        "mailto:a@example.com",
    ],
)
def test_a_link_with_a_target_is_no_problem(root: Path, link: str) -> None:
    assert found(root, f"# Here\n\n[x]({link})") == []


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("docs/none.md", "docs/none.md does not exist"),
        ("docs/page.md#none", "docs/page.md#none: no such heading"),
        ("#none", "#none: no such heading"),
        ("libs/none.py", "libs/none.py does not exist"),
        ("../outside.md", "../outside.md does not exist"),
    ],
)
def test_a_dead_link_is_named_with_its_file(root: Path, link: str, problem: str) -> None:
    assert found(root, f"# Here\n\ntext [`x`]({link}) text") == [f"README.md: {problem}"]


def test_a_link_to_a_generated_page_is_no_problem(root: Path) -> None:
    (root / "README.md").write_text("[x](docs/reference/made.md#one)")

    assert dead_links(root, {"reference/made.md": "# Made\n\n## One\n"}) == []


def test_a_dead_link_of_a_generated_page_is_found(root: Path) -> None:
    problems = dead_links(root, {"made.md": "[x](none.md)"})

    assert problems == ["docs/made.md: none.md does not exist"]


def test_an_image_is_a_link(root: Path) -> None:
    assert found(root, "![x](none.svg)") == ["README.md: none.svg does not exist"]


def test_code_has_no_links(root: Path) -> None:
    assert found(root, "`[x](none.md)`\n\n```\n[x](none.md)\n```\n") == []


def test_the_repository_has_no_dead_links() -> None:
    assert dead_links(ROOT, generated_pages(ROOT)) == []
