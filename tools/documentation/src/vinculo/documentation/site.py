"""Builds the site: written pages, generated pages and the navigation, rendered by Zensical.

The pages are copied to a folder of their own, because Zensical reads one folder. Links to files
outside `docs`, which the site does not contain, become the files' paths.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from vinculo.documentation.markdown import links
from vinculo.documentation.navigation import expanded, read_configuration

FOLDER: Final = Path("build/documentation")
PAGES: Final = "pages"
DOCS: Final = "docs"


class BuildError(Exception):
    """Zensical refused the pages; the message is its output."""


def all_pages(root: Path, generated: Mapping[str, str]) -> dict[str, str]:
    """The text of every page by its path below `docs`: the written and the generated ones."""
    docs = root / DOCS
    written = {
        path.relative_to(docs).as_posix(): path.read_text("utf-8") for path in docs.rglob("*.md")
    }
    return {**written, **generated}


def build_site(root: Path, folder: Path, generated: Mapping[str, str]) -> Path:
    """Build the site below the folder and return the path of its first page.

    Raises:
        BuildError: Zensical reported an error or a warning.

    """
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(root / DOCS, folder / PAGES, ignore=shutil.ignore_patterns("*.toml"))
    pages = all_pages(root, generated)
    for name, text in pages.items():
        page = folder / PAGES / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(without_links_to_files(Path(DOCS) / name, text), "utf-8")
    (folder / "zensical.toml").write_text(_configuration(root, pages), "utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    result = subprocess.run(  # noqa: S603 - our own arguments
        command,
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise BuildError(result.stdout + result.stderr)
    return folder / "site" / "index.html"


def without_links_to_files(page: Path, text: str) -> str:
    """The text of a page with links to files outside `docs` replaced by text and path."""
    parts: list[str] = []
    end = 0
    for link in links(text):
        if link.is_external or not link.path:
            continue
        target = Path(os.path.normpath(page.parent / link.path))
        if target.parts[0] == DOCS:
            continue
        path = f"`{target.as_posix()}`"
        words = link.text.strip("`")
        named = words in {target.name, target.as_posix()}
        parts += [text[end : link.start], path if named else f"{link.text} ({path})"]
        end = link.end
    return "".join([*parts, text[end:]])


def _configuration(root: Path, pages: Mapping[str, str]) -> str:
    project = read_configuration(root)["project"]
    project["nav"] = expanded(project["nav"], pages)
    return "".join(f"project.{name} = {_toml(value)}\n" for name, value in project.items())


def _toml(value: Any) -> str:  # noqa: ANN401 - any value of a TOML file
    """The value in TOML; strings are written as in JSON, which TOML also reads."""
    if isinstance(value, dict):
        inner = ", ".join(f"{json.dumps(name)} = {_toml(each)}" for name, each in value.items())
        return f"{{ {inner} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
