"""Text in lines that fit a width: broken after spaces and joints, else where it must be."""

from collections.abc import Callable, Iterator
from typing import Final

JOINTS: Final = frozenset(" -@._/,;")
MOST_LINES: Final = 30
CUT: Final = "…"

Width = Callable[[str], float]


def wrapped(text: str, width: float, of: Width) -> list[str]:
    """At least one line, at most 30; `of` gives the width of one letter."""
    lines: list[str] = []
    for line in _lines(text, width, of):
        if len(lines) == MOST_LINES:
            lines[-1] = lines[-1][:-1] + CUT
            break
        lines.append(line.strip())
    return lines or [""]


def _lines(text: str, width: float, of: Width) -> Iterator[str]:
    start = joint = 0
    used = since_joint = 0.0
    for index, letter in enumerate(text):
        space = of(letter)
        if used + space > width and index > start and letter != " ":
            if joint > start:
                yield text[start:joint]
                start, used = joint, since_joint
            else:
                yield text[start:index]
                start, used, since_joint = index, 0.0, 0.0
        used += space
        since_joint += space
        if letter in JOINTS:
            joint, since_joint = index + 1, 0.0
    if start < len(text):
        yield text[start:]
