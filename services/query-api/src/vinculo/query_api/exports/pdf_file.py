"""A PDF to print: landscape, the filter and the header on every page, long cells wrapped.

The number of pages is a drawing that every page refers to and that is made last, so no page waits
for it. The pages themselves stay in memory until the end: that is why rows are bounded.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import reportlab  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4, landscape  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from vinculo.query_api.exports.cells import Cell, cell_text
from vinculo.query_api.exports.formats import Layout
from vinculo.query_api.exports.widths import share
from vinculo.query_api.exports.wrapping import Width, wrapped
from vinculo.query_api.words.words import Words

PLAIN: Final = "Vera"
BOLD: Final = "VeraBd"
MARGIN: Final = 28.0
SIZE: Final = 6.0
LEADING: Final = 7.2
PADDING: Final = 2.0
TOTAL: Final = "pages"
MADE: Final = Words("Hecho el", "Made on")
PAGE: Final = Words("Página", "Page")
OF: Final = Words("de", "of")
ROWS: Final = Words("Filas", "Rows")


class PdfFile:
    """A font belongs to one file: one that is shared would keep what an abandoned file drew."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self._layout = layout
        self._width, self._height = landscape(A4)
        self._fonts = {name: _font(name) for name in (PLAIN, BOLD)}
        self._canvas: Any = Canvas(
            str(path), pagesize=(self._width, self._height), pageCompression=1
        )
        self._canvas.setTitle(layout.title)
        self._rows = 0
        self._pages = 0
        self._widths = {name: _widths(font) for name, font in self._fonts.items()}
        self._columns = _columns(layout, self._width - 2 * MARGIN)
        self._begin_page()

    def write(self, rows: Iterable[Sequence[Cell]]) -> None:
        for cells in rows:
            self._rows += 1
            self._write_row([cell_text(cell) for cell in cells], PLAIN)

    def finish(self) -> None:
        words = f"{ROWS.said(self._layout.language)}: {self._rows}"
        self._text(MARGIN, MARGIN - 10, words, BOLD, 7)
        self._end_page()
        self._canvas.beginForm(TOTAL)
        self._text(0, 0, str(self._pages), PLAIN, 7)
        self._canvas.endForm()
        self._canvas.save()

    def abandon(self) -> None:
        """Nothing is on disk before the end."""

    def _begin_page(self) -> None:
        layout = self._layout
        self._pages += 1
        self._top = self._height - MARGIN
        self._text(MARGIN, self._top, layout.title, BOLD, 11)
        made = layout.made_at.astimezone(layout.zone)
        said = f"{MADE.said(layout.language)} {made:%Y-%m-%d %H:%M:%S} ({layout.zone.key})"
        self._text(self._width - MARGIN - 220, self._top, said, PLAIN, 7)
        self._top -= 12
        words = self._printable(" · ".join(layout.filter_words))
        for line in wrapped(words, (self._width - 2 * MARGIN) / 7, self._widths[PLAIN]):
            self._text(MARGIN, self._top, line, PLAIN, 7)
            self._top -= 9
        self._write_row(layout.labels, BOLD)

    def _end_page(self) -> None:
        language = self._layout.language
        left = self._width - MARGIN - 60
        words = f"{PAGE.said(language)} {self._pages} {OF.said(language)} "
        self._text(left, MARGIN - 10, words, PLAIN, 7)
        self._canvas.saveState()
        self._canvas.translate(left + pdfmetrics.stringWidth(words, PLAIN, 7), MARGIN - 10)
        self._canvas.doForm(TOTAL)
        self._canvas.restoreState()
        self._canvas.showPage()

    def _write_row(self, texts: Sequence[str], font: str) -> None:
        of = self._widths[font]
        cells = [
            wrapped(self._printable(text), (width - 2 * PADDING) / SIZE, of)
            for text, (_, width) in zip(texts, self._columns, strict=True)
        ]
        height = max(map(len, cells)) * LEADING + PADDING
        if self._top - height < MARGIN:
            self._end_page()
            self._begin_page()
        for lines, (left, _) in zip(cells, self._columns, strict=True):
            for number, line in enumerate(lines, 1):
                self._text(left + PADDING, self._top - number * LEADING, line, font, SIZE)
        self._top -= height
        self._canvas.setLineWidth(0.6 if font == BOLD else 0.15)
        self._canvas.line(MARGIN, self._top, self._width - MARGIN, self._top)

    def _text(self, left: float, bottom: float, text: str, font: str, size: float) -> None:
        self._canvas.setFont(font, size)
        self._canvas.drawString(left, bottom, text)

    def _printable(self, text: str) -> str:
        """A letter that the font lacks loses its accent, or becomes a question mark."""
        glyphs = self._fonts[PLAIN].face.charToGlyph
        if all(ord(letter) in glyphs for letter in text):
            return text
        apart = unicodedata.normalize("NFC", text)
        return "".join(_nearest(letter, glyphs) for letter in apart)


def _nearest(letter: str, glyphs: dict[int, int]) -> str:
    if ord(letter) in glyphs:
        return letter
    plain = unicodedata.normalize("NFKD", letter)[0]
    return plain if ord(plain) in glyphs else "?"


def _font(name: str) -> Any:  # noqa: ANN401 - the library has no types
    font = TTFont(name, str(Path(reportlab.__file__).parent / "fonts" / f"{name}.ttf"))
    pdfmetrics.registerFont(font)
    return font


def _widths(font: Any) -> Width:  # noqa: ANN401 - likewise
    """Of letters one point high."""

    @lru_cache(maxsize=1024)
    def width(letter: str) -> float:
        return float(font.stringWidth(letter, 1))

    return width


def _columns(layout: Layout, room: float) -> list[tuple[float, float]]:
    """Left edge and width of each column, in points."""
    shares = [share(column.name) for column in layout.columns]
    widths = [room * each / sum(shares) for each in shares]
    return [(MARGIN + sum(widths[:index]), width) for index, width in enumerate(widths)]
