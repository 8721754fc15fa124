"""The navigation of the site, in `docs/zensical.toml`, with patterns for pages."""

import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

CONFIGURATION: Final = Path("docs/zensical.toml")


def read_configuration(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / CONFIGURATION).read_text("utf-8"))


def expanded(entries: Sequence[Any], pages: Collection[str]) -> list[Any]:
    """The entries of a navigation with every pattern replaced by the pages that it matches."""
    result: list[Any] = []
    for entry in entries:
        match entry:
            case str():
                result += _matching(entry, pages)
            case Mapping():
                result += [
                    {name: inner if isinstance(inner, str) else expanded(inner, pages)}
                    for name, inner in entry.items()
                ]
    return result


def pages_in(entries: Sequence[Any]) -> Iterator[str]:
    """The paths of an expanded navigation, in order."""
    for entry in entries:
        match entry:
            case str():
                yield entry
            case Mapping():
                for inner in entry.values():
                    yield from pages_in([inner] if isinstance(inner, str) else inner)


def navigation_problems(root: Path, pages: Collection[str]) -> list[str]:
    """Pages outside the navigation, entries without a page, and pages with two entries."""
    entries = list(pages_in(expanded(read_configuration(root)["project"]["nav"], pages)))
    problems = [f"docs/{page}: is not in the navigation" for page in sorted({*pages} - {*entries})]
    problems += [f"{CONFIGURATION}: no page {page}" for page in sorted({*entries} - {*pages})]
    repeated = sorted({page for page in entries if entries.count(page) > 1})
    return [*problems, *(f"{CONFIGURATION}: {page} has two entries" for page in repeated)]


def _matching(pattern: str, pages: Collection[str]) -> list[str]:
    if "*" not in pattern:
        return [pattern]
    return sorted(page for page in pages if fnmatchcase(page, pattern))
