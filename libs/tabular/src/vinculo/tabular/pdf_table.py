"""A table in a PDF: column positions, font size, rows as page content, long cells wrapped.

Every row has two lines, because an id always takes two. Cells that need more are rare and are
wrapped one by one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from vinculo.tabular.cells import LOCAL_TIME, TEXT
from vinculo.tabular.pdf_fonts import SEPARATOR, PdfFont, literal
from vinculo.tabular.table import Column

FONT_SIZES: Final = (6.0, 8.0)
"""The smallest and the largest."""
DIGIT_WIDTH: Final = 0.637
"""Of a digit at font size 1."""
LINE_SPACING: Final = 1.2
PADDING: Final = 2.5
LINES: Final = 2
TIME_BREAK: Final = (10, 11)
"""Where the first line of a local time ends and the second begins."""
BREAK: Final = SEPARATOR.encode()
BREAK_AFTER: Final = frozenset(" -@._/,;")
MAX_LINES: Final = 30
ELLIPSIS: Final = "…"

Row: TypeAlias = tuple[bytes, float]
"""Page content from the current text position to that of the next row; and the row's height."""
LetterWidth: TypeAlias = Callable[[str], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedColumn:
    """The first and second line of each cell; `more` has the further lines by row."""

    first: list[bytes]
    second: list[bytes]
    more: dict[int, list[bytes]] = field(default_factory=dict)


class PdfTable:
    """`left` and `width` are where the table begins and how wide it is, in points."""

    def __init__(self, columns: Sequence[Column], *, left: float, width: float) -> None:
        needed = [column.printed_width * DIGIT_WIDTH for column in columns]
        smallest, largest = FONT_SIZES
        available = width - 2 * PADDING * len(columns)
        self.size = round(min(largest, max(smallest, available / sum(needed))), 1)
        shares = [each * width / sum(needed) for each in needed]
        edges = [round(left + each, 1) for each in accumulate(shares, initial=0.0)]
        self.lefts = [edge + PADDING for edge in edges[:-1]]
        self.leading = round(self.size * LINE_SPACING, 1)
        self._widths = [(after - edge - 2 * PADDING) / self.size for edge, after in pairwise(edges)]
        self._breaks = [column.break_after for column in columns]
        self._template = self._row([LINES] * len(columns), LINES)

    def rows(self, shown: Sequence[pa.Array], font: PdfFont) -> Iterator[Row]:
        columns = [self._wrap(n, cells, font) for n, cells in enumerate(shown)]
        lines = [each for column in columns for each in (column.first, column.second)]
        usual = map(self._template.__mod__, zip(*lines, strict=True))
        height = self.height(LINES)
        deep = {row for column in columns for row in column.more}
        for row, content in enumerate(usual):
            yield self._deep_row(columns, row) if row in deep else (content, height)

    def header(self, labels: Sequence[str], font: PdfFont) -> Row:
        columns = [
            wrap_column(pa.array([label]), font, width=width)
            for label, width in zip(labels, self._widths, strict=True)
        ]
        return self._deep_row(columns, 0)

    def height(self, lines: int) -> float:
        return lines * self.leading + PADDING

    def _wrap(self, number: int, cells: pa.Array, font: PdfFont) -> WrappedColumn:
        texts = pc.fill_null(cells.cast(TEXT), "")
        if cells.type == LOCAL_TIME:
            end, start = TIME_BREAK
            return split_column(texts, font, end=end, start=start)
        if (break_after := self._breaks[number]) is not None:
            return split_column(texts, font, end=break_after, start=break_after)
        return wrap_column(texts, font, width=self._widths[number])

    def _deep_row(self, columns: Sequence[WrappedColumn], row: int) -> Row:
        """A row with as many lines as its longest cell."""
        cells = [(c.first[row], c.second[row], *c.more.get(row, ())) for c in columns]
        lines = [len(cell) for cell in cells]
        words = tuple(line for cell in cells for line in cell)
        return self._row(lines, max(lines)) % words, self.height(max(lines))

    def _row(self, lines: Sequence[int], deepest: int) -> bytes:
        """A template, cell by cell, as text is read aloud and copied; ends at the next row."""
        steps = [round(after - before, 1) for before, after in pairwise(self.lefts)]
        moves = [
            *((step, (n - 1) * self.leading) for step, n in zip(steps, lines, strict=False)),
            (-sum(steps), (lines[-1] - 1) * self.leading - self.height(deepest)),
        ]
        return b"".join(
            b"T*".join([b"(%b)Tj "] * n) + b"%.1f %.1f Td\n" % move
            for n, move in zip(lines, moves, strict=True)
        )


def split_column(texts: pa.Array, font: PdfFont, *, end: int, start: int) -> WrappedColumn:
    """Cells of one form, all broken at the same position."""
    cells = _encode_together(texts, font).split(BREAK)
    return WrappedColumn(
        first=[cell[:end] for cell in cells], second=[cell[start:] for cell in cells]
    )


def wrap_column(texts: pa.Array, font: PdfFont, *, width: float) -> WrappedColumn:
    """Cells wrapped to a width, given for font size 1."""
    encoded = _encode_together(texts, font)
    column = WrappedColumn(first=literal(encoded).split(BREAK), second=[b""] * len(texts))
    for row in _too_wide(encoded, font, width):
        first, *others = _encoded_lines(texts[row].as_py(), width, font)
        column.first[row] = first
        if others:
            column.second[row], *further = others
            if further:
                column.more[row] = further
    return column


def _encode_together(texts: pa.Array, font: PdfFont) -> bytes:
    """All cells with separators in between; encoding each by itself would take most of the time."""
    if not len(texts):
        return b""
    plain = pc.replace_substring(texts, SEPARATOR, " ")
    (joined,) = pc.binary_join(pa.ListArray.from_arrays([0, len(plain)], plain), SEPARATOR)
    return font.encode(joined.as_py())


def _too_wide(encoded: bytes, font: PdfFont, width: float) -> list[int]:
    """The rows of the cells that do not fit on one line."""
    codes = np.frombuffer(encoded, np.uint8)
    ends = np.append(np.flatnonzero(codes == 0), len(codes))
    widths_up_to = np.concatenate(([0], np.cumsum(font.widths[codes])))[ends]
    too_wide = np.diff(widths_up_to, prepend=0) > width * 1000
    return [int(row) for row in np.flatnonzero(too_wide)]


@lru_cache(maxsize=4096)
def _encoded_lines(text: str, width: float, font: PdfFont) -> tuple[bytes, ...]:
    """Cached, because labels of codes and names of payers are repeated."""
    lines = wrap_text(text, width, _letter_width(font))
    return tuple(literal(font.encode(line)) for line in lines)


@lru_cache
def _letter_width(font: PdfFont) -> LetterWidth:
    return lru_cache(maxsize=1024)(font.width)


def wrap_text(text: str, width: float, letter_width: LetterWidth) -> list[str]:
    """One to 30 lines, broken after spaces and punctuation, or else anywhere."""
    lines: list[str] = []
    for line in _lines(text, width, letter_width):
        if len(lines) == MAX_LINES:
            lines[-1] = lines[-1][:-1] + ELLIPSIS
            break
        lines.append(line.strip())
    return lines or [""]


def _lines(text: str, width: float, letter_width: LetterWidth) -> Iterator[str]:
    start = break_at = 0
    used = since_break = 0.0
    for index, letter in enumerate(text):
        needed = letter_width(letter)
        if used + needed > width and index > start and letter != " ":
            if break_at > start:
                yield text[start:break_at]
                start, used = break_at, since_break
            else:
                yield text[start:index]
                start, used, since_break = index, 0.0, 0.0
        used += needed
        since_break += needed
        if letter in BREAK_AFTER:
            break_at, since_break = index + 1, 0.0
    if start < len(text):
        yield text[start:]
