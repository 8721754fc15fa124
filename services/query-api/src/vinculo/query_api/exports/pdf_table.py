"""A table on paper: where its columns stand, how large its letters are, rows as page content."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]

from vinculo.query_api.exports.arrow import ID, type_of
from vinculo.query_api.exports.cells import LOCAL, texts
from vinculo.query_api.exports.pdf_cells import LINES, Lines, split_lines, wrapped_lines
from vinculo.query_api.exports.pdf_font import PdfFont
from vinculo.query_api.exports.widths import printed_letters
from vinculo.query_api.lists.catalogue import Column

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
        needed = [printed_letters(column.name) * DIGIT for column in columns]
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

    def _lines(self, number: int, cells: pa.Array, font: PdfFont) -> Lines:
        said = texts(cells)
        if cells.type == LOCAL:
            ends, begins = MOMENT_LINES
            return split_lines(said, font, ends=ends, begins=begins)
        if self._ids[number]:
            ends, begins = ID_LINES
            return split_lines(said, font, ends=ends, begins=begins)
        return wrapped_lines(said, font, width=self._widths[number])

    def _deep(self, columns: Sequence[Lines], place: int) -> Row:
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
