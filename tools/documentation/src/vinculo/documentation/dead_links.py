"""Links that lead nowhere: between pages, to headings and to files of the repository."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from vinculo.documentation.markdown import anchors, links

IGNORED: Final = frozenset({".git", ".venv", ".vinculo", "build", "node_modules", "__pycache__"})


def dead_links(root: Path, generated: Mapping[str, str]) -> list[str]:
    """`file: target` for each dead link of the repository's Markdown files.

    `generated` has the text of pages below `docs` that the build makes. Their own links are
    checked too.
    """
    texts = {path.relative_to(root): path.read_text("utf-8") for path in _markdown_files(root)}
    made = {Path("docs") / name: text for name, text in generated.items()}
    all_pages = {**texts, **made}
    return [
        f"{name}: {problem}"
        for name, text in sorted(all_pages.items())
        for problem in _problems(root, name, text, all_pages)
    ]


def _problems(root: Path, name: Path, text: str, pages: Mapping[Path, str]) -> Iterator[str]:
    for link in links(text):
        if link.is_external:
            continue
        target = _resolve(root, name.parent / link.path) if link.path else name
        if target is None or not (target in pages or (root / target).exists()):
            yield f"{link.target} does not exist"
        elif link.anchor and target in pages and link.anchor not in anchors(pages[target]):
            yield f"{link.target}: no such heading"


def _resolve(root: Path, path: Path) -> Path | None:
    """The path relative to the checkout; None for one outside of it."""
    resolved = (root / path).resolve()
    return resolved.relative_to(root.resolve()) if resolved.is_relative_to(root.resolve()) else None


def _markdown_files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*.md")):
        if not IGNORED & set(path.relative_to(root).parts):
            yield path
