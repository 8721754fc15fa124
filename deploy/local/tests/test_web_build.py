"""The hash of the pages' sources: what changes it, and what does not."""

from pathlib import Path

import pytest

from vinculo.local.web_build import find_node, sources_hash


def write(folder: Path, name: str, content: str = "x") -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content, encoding="utf-8")


def test_the_hash_changes_with_a_source_but_not_with_what_is_generated(tmp_path: Path) -> None:
    write(tmp_path, "src/main.tsx")
    before = sources_hash(tmp_path)

    write(tmp_path, "node_modules/react/index.js")
    write(tmp_path, "src/api/generated/query.d.ts")
    assert sources_hash(tmp_path) == before

    write(tmp_path, "src/main.tsx", "y")
    assert sources_hash(tmp_path) != before


def test_the_hash_changes_when_a_file_is_renamed(tmp_path: Path) -> None:
    write(tmp_path, "a.ts")
    before = sources_hash(tmp_path)

    (tmp_path / "a.ts").rename(tmp_path / "b.ts")

    assert sources_hash(tmp_path) != before


def test_unit_tests_change_the_checks_but_not_the_built_pages(tmp_path: Path) -> None:
    write(tmp_path, "src/main.tsx")
    built, checked = sources_hash(tmp_path), sources_hash(tmp_path, with_tests=True)

    write(tmp_path, "src/main.test.tsx")

    assert sources_hash(tmp_path) == built
    assert sources_hash(tmp_path, with_tests=True) != checked


def test_node_is_found_without_one_in_the_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    node = find_node()

    assert node.node.exists()
    assert Path(node.npm[-1]).exists()
