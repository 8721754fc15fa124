"""A table in a PDF: column positions, font size, rows as page content, long cells wrapped.

Every row has two lines, because an id always takes two. Cells that need more are rare and are
wrapped one by one.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from itertools import accumulate, pairwise
from operator import mod
from typing import Final, TypeAlias

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from vinculo.tabular.fonts import UNITS
from vinculo.tabular.pdf_font import BREAK, SEPARATOR, Numbers, PdfFont, to_bytes
from vinculo.tabular.table import Column, Kind

FONT_SIZES: Final = (6.0, 8.0)
"""The smallest and the largest."""
LINE_SPACING: Final = 1.2
PADDING: Final = 2.5
LINES: Final = 2
TIME_BREAK: Final = (10, 11)
"""Where the first line of a local time ends and the second begins."""
BREAK_AFTER: Final = frozenset(" -@._/,;")
MAX_LINES: Final = 30
ELLIPSIS: Final = "…"
GLYPH_BYTES: Final = 2
HEADER_CELL, CELL = b"TH", b"TD"

LetterWidth: TypeAlias = Callable[[str], float]
Lines: TypeAlias = tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedColumn:
    """The first and second line of each cell; `more` has the further lines by row.

    `second` is empty when no cell has a second line.
    `missing` and `truncated` are the rows with letters without a glyph, and with a text that has
    more lines than are printed.
    """

    first: list[bytes]
    second: list[bytes] = field(default_factory=list)
    more: dict[int, list[bytes]] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    truncated: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualRows:
    """The lines of each row's cells, one after another; every cell of a column has as many."""

    lines: Sequence[Lines]
    counts: tuple[int, ...]

    def part(self, start: int, stop: int) -> "UsualRows":
        return UsualRows(lines=self.lines[start:stop], counts=self.counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepRow:
    """The lines of a row's cells, one after another, and how many each cell has."""

    lines: Lines
    counts: tuple[int, ...]

    @property
    def depth(self) -> int:
        return max(self.counts)


class PdfTable:
    """`left` and `width` are where the table begins and how wide it is, in points."""

    def __init__(
        self, columns: Sequence[Column], font: PdfFont, *, left: float, width: float
    ) -> None:
        needed = [column.printed_width * font.width("0") for column in columns]
        smallest, largest = FONT_SIZES
        available = width - 2 * PADDING * len(columns)
        self.size = round(min(largest, max(smallest, available / sum(needed))), 1)
        self.leading = round(self.size * LINE_SPACING, 1)
        shares = [each * width / sum(needed) for each in needed]
        edges = [round(left + each, 1) for each in accumulate(shares, initial=0.0)]
        self.lefts = [edge + PADDING for edge in edges[:-1]]
        self._widths = [(after - edge - 2 * PADDING) / self.size for edge, after in pairwise(edges)]
        self._fixed_breaks = [_break_of(column) for column in columns]
        self._font = font
        self._space = int(font.encode(" ")[0])
        self._breaks_after = np.zeros(1 << 16, np.bool_)
        self._breaks_after[font.encode("".join(BREAK_AFTER))] = True
        self._letter_width: LetterWidth = lru_cache(maxsize=4096)(font.width)
        self._wrapped = lru_cache(maxsize=4096)(self._wrap_text)
        self._cached_template = lru_cache(maxsize=4096)(self._template)

    def wrap(self, texts: Sequence[pa.Array]) -> list[WrappedColumn]:
        """The columns of cells as lines."""
        return [
            self._split_column(cells, at)
            if at is not None and _longest(cells) <= sum(at)
            else self._wrap_column(cells, width)
            for cells, at, width in zip(texts, self._fixed_breaks, self._widths, strict=True)
        ]

    def rows(self, columns: Sequence[WrappedColumn]) -> Iterator[UsualRows | DeepRow]:
        """Consecutive rows of two lines together, and each deeper row alone."""
        lines = [each for c in columns for each in (c.first, c.second) if each]
        counts = tuple(LINES if column.second else 1 for column in columns)
        usual = list(zip(*lines, strict=True))
        start = 0
        for deep in sorted({row for column in columns for row in column.more}):
            yield UsualRows(lines=usual[start:deep], counts=counts)
            yield _deep_row(columns, deep)
            start = deep + 1
        yield UsualRows(lines=usual[start:], counts=counts)

    def header(self, titles: Sequence[str]) -> DeepRow:
        columns = [
            self._wrap_column(pa.array([title]), width)
            for title, width in zip(titles, self._widths, strict=True)
        ]
        return _deep_row(columns, 0)

    def usual_content(self, rows: UsualRows, marks: Sequence[int | None]) -> Iterator[bytes]:
        """For each row, the page content from its position to that of the next row.

        With a mark, cells are marked contents with this number and the following ones.
        """
        template = partial(self._cached_template, rows.counts, LINES)
        return map(mod, map(template, marks), rows.lines)

    def deep_content(self, row: DeepRow, mark: int | None, tag: bytes = CELL) -> bytes:
        return self._template(row.counts, row.depth, mark, tag) % row.lines

    def height(self, lines: int) -> float:
        return lines * self.leading + PADDING

    def _split_column(self, texts: pa.Array, at: tuple[int, int]) -> WrappedColumn:
        """Cells of one form, all broken at the same position."""
        numbers = self._encode_together(texts)
        cells = to_bytes(numbers).split(BREAK)
        end, start = (each * GLYPH_BYTES for each in at)
        return WrappedColumn(
            first=[cell[:end] for cell in cells],
            second=[cell[start:] for cell in cells],
            missing=self._missing(numbers),
        )

    def _wrap_column(self, texts: pa.Array, width: float) -> WrappedColumn:
        """Cells wrapped to a width, given for font size 1."""
        numbers = self._encode_together(texts)
        encoded = to_bytes(numbers)
        column = WrappedColumn(first=encoded.split(BREAK), missing=self._missing(numbers))
        wide = self._wide_cells(numbers, width * UNITS)
        column.second.extend([b""] * len(texts) if wide else [])
        space = self._font.string(" ")
        for row, start, at, end in wide:
            if end is not None:
                column.first[row] = encoded[start:at].removesuffix(space)
                column.second[row] = encoded[at:end]
                continue
            lines, is_truncated = self._wrapped(texts[row].as_py(), width)
            column.first[row], column.second[row], *further = [*lines, b""][: max(2, len(lines))]
            if further:
                column.more[row] = further
            if is_truncated:
                column.truncated.add(row)
        return column

    def _wide_cells(self, numbers: Numbers, width: float) -> list[tuple[int, int, int, int | None]]:
        """The cells that do not fit on one line.

        Of each: its row, and where its first line begins and ends and its second line ends, in
        bytes. The last one is None when two lines are not enough.
        """
        font = self._font
        separators = np.flatnonzero(numbers == 0)
        starts, ends = np.append(0, separators + 1), np.append(separators, len(numbers))
        if (ends - starts).max() * font.widest <= width:
            return []
        up_to = np.append(0, np.cumsum(font.widths.take(numbers)))
        rows = np.flatnonzero(up_to[ends] - up_to[starts] > width)
        starts, ends = starts[rows], ends[rows]
        first_over = np.searchsorted(up_to, up_to[starts] + width, side="right") - 1
        first_over += numbers[first_over] == self._space
        positions = np.where(self._breaks_after.take(numbers), np.arange(1, len(numbers) + 1), 0)
        at = np.maximum.accumulate(positions)[first_over - 1]
        at = np.where(at > starts, at, np.maximum(first_over, starts + 1))
        fits = up_to[ends] - up_to[at] <= width
        return [
            (row, GLYPH_BYTES * start, GLYPH_BYTES * cut, GLYPH_BYTES * end if fitting else None)
            for row, start, cut, end, fitting in zip(
                *(each.tolist() for each in (rows, starts, at, ends, fits)), strict=True
            )
        ]

    def _encode_together(self, texts: pa.Array) -> Numbers:
        """All cells with separators in between: ten times as fast as one by one."""
        plain = pc.replace_substring(pc.fill_null(texts, ""), SEPARATOR, " ")
        (joined,) = pc.binary_join(pa.ListArray.from_arrays([0, len(plain)], plain), SEPARATOR)
        return self._font.encode(joined.as_py())

    def _missing(self, numbers: Numbers) -> set[int]:
        """The rows of the cells with letters that no font has."""
        if not self._font.has_missing:
            return set()
        positions = np.flatnonzero(numbers == self._font.missing)
        return set(np.searchsorted(np.flatnonzero(numbers == 0), positions).tolist())

    def _wrap_text(self, text: str, width: float) -> tuple[list[bytes], bool]:
        """The encoded lines, and whether there would be more."""
        lines, is_truncated = wrap_text(text, width, self._letter_width)
        return [self._font.string(line) for line in lines], is_truncated

    def _template(
        self, counts: Sequence[int], depth: int, mark: int | None, tag: bytes = CELL
    ) -> bytes:
        """Cell by cell, as text is read aloud and copied; ends at the next row."""
        steps = [round(after - before, 1) for before, after in pairwise(self.lefts)]
        moves = [
            *((step, (n - 1) * self.leading) for step, n in zip(steps, counts, strict=False)),
            (-sum(steps), (counts[-1] - 1) * self.leading - self.height(depth)),
        ]
        cells = [b"T*".join([b"(%b)Tj "] * count) for count in counts]
        if mark is not None:
            cells = [
                b"/%b<</MCID %d>>BDC%bEMC " % (tag, number, cell)
                for number, cell in enumerate(cells, mark)
            ]
        return b"".join(
            cell + b"%.1f %.1f Td\n" % move for cell, move in zip(cells, moves, strict=True)
        )


def _deep_row(columns: Sequence[WrappedColumn], row: int) -> DeepRow:
    """A row with as many lines as its longest cell."""
    cells = [(c.first[row], *c.second[row : row + 1], *c.more.get(row, ())) for c in columns]
    return DeepRow(
        lines=tuple(line for cell in cells for line in cell),
        counts=tuple(len(cell) for cell in cells),
    )


def _longest(texts: pa.Array) -> int:
    return pc.max(pc.utf8_length(texts)).as_py() or 0


def _break_of(column: Column) -> tuple[int, int] | None:
    if column.kind is Kind.TIMESTAMP:
        return TIME_BREAK
    return None if column.break_after is None else (column.break_after, column.break_after)


def wrap_text(text: str, width: float, letter_width: LetterWidth) -> tuple[list[str], bool]:
    """One to 30 lines, broken after spaces and punctuation, or else anywhere.

    The second result is whether the text has more lines; then the last one ends in an ellipsis.
    """
    lines: list[str] = []
    for line in _lines(text, width, letter_width):
        if len(lines) == MAX_LINES:
            lines[-1] = lines[-1][:-1] + ELLIPSIS
            return lines, True
        lines.append(line.strip())
    return lines or [""], False


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
