"""The navigation has every page once, and nothing else."""

from pathlib import Path

import pytest

from vinculo.documentation.generated_pages import generated_pages
from vinculo.documentation.navigation import expanded, navigation_problems, pages_in
from vinculo.documentation.site import all_pages
from vinculo.local.paths import ROOT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "zensical.toml").write_text(
        'project.nav = [{ "Start" = "index.md" }, { "Why" = ["why/0*.md", "last.md"] }]'
    )
    return tmp_path


PAGES = {"index.md", "why/01.md", "why/02.md", "last.md"}


def test_a_pattern_stands_for_its_pages_in_order() -> None:
    entries = expanded([{"Why": ["why/0*.md"]}], {"why/02.md", "why/01.md", "a.md"})

    assert entries == [{"Why": ["why/01.md", "why/02.md"]}]
    assert list(pages_in(entries)) == ["why/01.md", "why/02.md"]


def test_a_complete_navigation_has_no_problems(root: Path) -> None:
    assert navigation_problems(root, PAGES) == []


def test_a_page_outside_the_navigation_is_named(root: Path) -> None:
    problems = navigation_problems(root, {*PAGES, "forgotten.md"})

    assert problems == ["docs/forgotten.md: is not in the navigation"]


def test_an_entry_without_a_page_is_named(root: Path) -> None:
    problems = navigation_problems(root, PAGES - {"last.md"})

    assert problems == ["docs/zensical.toml: no page last.md"]


def test_a_page_with_two_entries_is_named(root: Path) -> None:
    (root / "docs/zensical.toml").write_text('project.nav = ["a.md", { "A" = "a.md" }]')

    assert navigation_problems(root, {"a.md"}) == ["docs/zensical.toml: a.md has two entries"]


def test_the_navigation_of_the_repository_is_complete() -> None:
    assert navigation_problems(ROOT, all_pages(ROOT, generated_pages(ROOT))) == []
