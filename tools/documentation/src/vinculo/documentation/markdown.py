"""Links and headings of Markdown files, and the tables of generated pages."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

_FENCE: Final = re.compile(r"^(```+|~~~+).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)", re.DOTALL)
_LINK: Final = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^()\s]+)\)")
_HEADING: Final = re.compile(r"^#{1,6} +(.+?)\s*$", re.MULTILINE)
_EXPLICIT_ID: Final = re.compile(r"\s*\{ *#([\w.-]+) *\}$")


@dataclass(frozen=True, slots=True)
class Link:
    """`[text](target)`, or an image; `start` and `end` are its position in the file's text."""

    text: str
    target: str
    is_image: bool
    start: int
    end: int

    @property
    def is_external(self) -> bool:
        return re.match(r"[a-z][a-z0-9+.-]*:", self.target) is not None

    @property
    def path(self) -> str:
        return self.target.partition("#")[0]

    @property
    def anchor(self) -> str:
        return self.target.partition("#")[2]


def links(text: str) -> Iterator[Link]:
    """The inline links outside code, in order."""
    for found in _LINK.finditer(_without_code(text, _FENCE)):
        if "`" in found[2] or not _is_in_code(text, found.start()):
            yield Link(found[2], found[3], bool(found[1]), *found.span())


def anchors(text: str) -> set[str]:
    """The anchors of the headings, as renderers of Markdown derive them."""
    found: set[str] = set()
    for heading in _HEADING.findall(_without_code(text, _FENCE)):
        explicit = _EXPLICIT_ID.search(heading)
        name = explicit[1] if explicit else slug(heading)
        number = 0
        unique = name
        while unique in found:
            number += 1
            unique = f"{name}_{number}"
        found.add(unique)
    return found


def slug(heading: str) -> str:
    words = re.sub(r"[^\w\s-]", "", _LINK.sub(r"\2", heading)).strip().lower()
    return re.sub(r"\s", "-", words)


def title(text: str) -> str:
    """The first heading.

    Raises:
        ValueError: the page has no heading.

    """
    found = _HEADING.search(text)
    if found is None:
        raise ValueError("the page has no heading")
    return found[1]


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; vertical bars in cells are escaped, line breaks become spaces."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines) + "\n"


def code(text: object) -> str:
    return f"`{text}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _without_code(text: str, pattern: re.Pattern[str]) -> str:
    """The text with code replaced by as many spaces, so that positions stay the same."""
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def _is_in_code(text: str, position: int) -> bool:
    start = text.rfind("\n\n", 0, position) + 1
    return any(
        start + found.start() < position < start + found.end()
        for found in _CODE.finditer(text[start : position + 500])
    )
