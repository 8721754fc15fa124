"""Text in lines that fit a width: broken after spaces and joints, else where it must be."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Final

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from vinculo.query_api.exports.writers.arrow import ID, type_of
from vinculo.query_api.exports.writers.formatting import LOCAL, pdf_width, texts
from vinculo.query_api.exports.writers.pdf_fonts import SEPARATOR, PdfFont, literal
from vinculo.query_api.lists.catalogue import Column

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


BREAK: Final = SEPARATOR.encode()
LINES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedColumn:
    """Of each cell the first and second; `more` are the further ones, by the cell's place."""

    first: list[bytes]
    second: list[bytes]
    more: dict[int, list[bytes]] = field(default_factory=dict)


def split_lines(texts: pa.Array, font: PdfFont, *, ends: int, begins: int) -> WrappedColumn:
    """Cells that all have one form, broken at the same place."""
    cells = _joined(texts, font).split(BREAK)
    return WrappedColumn(
        first=[cell[:ends] for cell in cells], second=[cell[begins:] for cell in cells]
    )


def wrapped_lines(texts: pa.Array, font: PdfFont, *, width: float) -> WrappedColumn:
    """`width` is for a size of one."""
    encoded = _joined(texts, font)
    lines = WrappedColumn(first=literal(encoded).split(BREAK), second=[b""] * len(texts))
    for place in _too_wide(encoded, font, width):
        first, *others = _wrapped(texts[place].as_py(), width, font)
        lines.first[place] = first
        if others:
            lines.second[place], *further = others
            if further:
                lines.more[place] = further
    return lines


def _joined(texts: pa.Array, font: PdfFont) -> bytes:
    """All cells in one go, with a break between them; a text for each would take most time."""
    if not len(texts):
        return b""
    plain = pc.replace_substring(texts, SEPARATOR, " ")
    (joined,) = pc.binary_join(pa.ListArray.from_arrays([0, len(plain)], plain), SEPARATOR)
    return font.encode(joined.as_py())


def _too_wide(encoded: bytes, font: PdfFont, width: float) -> list[int]:
    """The places of the cells that one line does not hold."""
    codes = np.frombuffer(encoded, np.uint8)
    ends = np.append(np.flatnonzero(codes == 0), len(codes))
    reached = np.concatenate(([0], np.cumsum(font.widths[codes])))[ends]
    return [int(place) for place in np.flatnonzero(np.diff(reached, prepend=0) > width * 1000)]


@lru_cache(maxsize=4096)
def _wrapped(text: str, width: float, font: PdfFont) -> tuple[bytes, ...]:
    """Remembered, as the words of codes and the names of payers come again and again."""
    return tuple(literal(font.encode(line)) for line in wrapped(text, width, _of(font)))


@lru_cache
def _of(font: PdfFont) -> Width:
    """The width of one letter."""
    return lru_cache(maxsize=1024)(font.width)


SIZES: Final = (6.0, 8.0)
"""The smallest and the largest letters."""
DIGIT: Final = 0.637
"""A letter's usual width, for a size of one."""
SPACING: Final = 1.2
PADDING: Final = 2.5
ID_LINES: Final = (19, 19)
MOMENT_LINES: Final = (10, 11)
"""Where the first line ends and the second begins."""


Row = tuple[bytes, float]
"""Content to be shown from where the text stands to where the next row's will; and its height."""


class PdfTable:
    """`left` and `room` are where the table begins and how wide it is, in points."""

    def __init__(self, columns: Sequence[Column], *, left: float, room: float) -> None:
        needed = [pdf_width(column.name) * DIGIT for column in columns]
        smallest, largest = SIZES
        spare = room - 2 * PADDING * len(columns)
        self.size = round(min(largest, max(smallest, spare / sum(needed))), 1)
        shares = [each * room / sum(needed) for each in needed]
        edges = [round(left + each, 1) for each in accumulate(shares, initial=0.0)]
        self.lefts = [edge + PADDING for edge in edges[:-1]]
        self.leading = round(self.size * SPACING, 1)
        self._widths = [(after - edge - 2 * PADDING) / self.size for edge, after in pairwise(edges)]
        self._ids = [type_of(column) == ID for column in columns]
        self._template = self._row([LINES] * len(columns), LINES)

    def rows(self, cells: pa.RecordBatch, font: PdfFont) -> Iterator[Row]:
        columns = [self._lines(n, column, font) for n, column in enumerate(cells.columns)]
        lines = [each for column in columns for each in (column.first, column.second)]
        usual = map(self._template.__mod__, zip(*lines, strict=True))
        height = self.height(LINES)
        deep = {place for column in columns for place in column.more}
        for place, content in enumerate(usual):
            yield self._deep(columns, place) if place in deep else (content, height)

    def header(self, labels: Sequence[str], font: PdfFont) -> Row:
        columns = [
            wrapped_lines(pa.array([label]), font, width=width)
            for label, width in zip(labels, self._widths, strict=True)
        ]
        return self._deep(columns, 0)

    def height(self, lines: int) -> float:
        return lines * self.leading + PADDING

    def _lines(self, number: int, cells: pa.Array, font: PdfFont) -> WrappedColumn:
        said = texts(cells)
        if cells.type == LOCAL:
            ends, begins = MOMENT_LINES
            return split_lines(said, font, ends=ends, begins=begins)
        if self._ids[number]:
            ends, begins = ID_LINES
            return split_lines(said, font, ends=ends, begins=begins)
        return wrapped_lines(said, font, width=self._widths[number])

    def _deep(self, columns: Sequence[WrappedColumn], place: int) -> Row:
        """A row of as many lines as its longest cell."""
        cells = [(c.first[place], c.second[place], *c.more.get(place, ())) for c in columns]
        lines = [len(cell) for cell in cells]
        words = tuple(line for cell in cells for line in cell)
        return self._row(lines, max(lines)) % words, self.height(max(lines))

    def _row(self, lines: Sequence[int], deepest: int) -> bytes:
        """Cell by cell, as it is read aloud and copied; then to where the next row begins."""
        steps = [round(after - before, 1) for before, after in pairwise(self.lefts)]
        moves = [
            *((step, (n - 1) * self.leading) for step, n in zip(steps, lines, strict=False)),
            (-sum(steps), (lines[-1] - 1) * self.leading - self.height(deepest)),
        ]
        return b"".join(
            b"T*".join([b"(%b)Tj "] * n) + b"%.1f %.1f Td\n" % move
            for n, move in zip(lines, moves, strict=True)
        )
