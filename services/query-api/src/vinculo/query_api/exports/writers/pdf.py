"""A PDF to print: landscape, the filter and the header on every page, long cells wrapped.

Each page is written when it is full, so that memory does not grow with their number. What stands
on all pages is drawn once, and every page refers to it: the head, and the number of pages, which
is made last, so that no page waits for it.
"""

from functools import lru_cache
from pathlib import Path
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]

from vinculo.query_api.exports.writers.pdf_fonts import BOLD, PLAIN, PdfFont, literal, pdf_font
from vinculo.query_api.exports.writers.pdf_objects import PdfObjects, text_string
from vinculo.query_api.exports.writers.pdf_table import PdfTable, wrapped
from vinculo.query_api.exports.writers.row_writer import FileLayout
from vinculo.query_api.words.words import Words

WIDTH, HEIGHT = 841.89, 595.28
MARGIN: Final = 28.0
RIGHT: Final = WIDTH - MARGIN
TITLE_SIZE: Final = 12.0
NOTE_SIZE: Final = 7.0
NOTE_LEADING: Final = 9.0
FOOT: Final = MARGIN - 12
PAGES_TOGETHER: Final = 256
MADE: Final = Words("Hecho el", "Made on")
PAGE: Final = Words("Página", "Page")
OF: Final = Words("de", "of")
ROWS: Final = Words("Filas", "Rows")


class PdfWriter:
    def __init__(self, path: Path, layout: FileLayout) -> None:
        self._layout = layout
        self._file = path.open("wb")
        self._objects = PdfObjects(self._file)
        self._plain, self._bold = pdf_font(PLAIN), pdf_font(BOLD)
        plain, bold = self._plain.write(self._objects), self._bold.write(self._objects)
        self._fonts = b"/Font<</P %d 0 R/B %d 0 R>>" % (plain, bold)
        self._table = PdfTable(layout.columns, left=MARGIN, room=RIGHT - MARGIN)
        head, self._below_head = self._head()
        self._head_form = self._form(head)
        self._total = self._objects.reserve()
        self._root = self._objects.reserve()
        self._branches: list[int] = []
        self._leaves: list[int] = []
        self._rows = self._pages = 0
        self._begin_page()

    def write(self, cells: pa.RecordBatch) -> None:
        for content, height in self._table.rows(cells, self._plain):
            if self._top - height < MARGIN:
                self._end_page()
                self._begin_page()
            self._content.append(content)
            self._top -= height
            self._rules.append(_rule(self._top))
        self._rows += cells.num_rows

    def finish(self) -> None:
        words = f"{ROWS.said(self._layout.language)}: {self._rows}"
        self._end_page(_text(self._bold, b"B", NOTE_SIZE, MARGIN, FOOT, words))
        self._end_branch()
        self._form(_text(self._plain, b"P", NOTE_SIZE, 0, 0, str(self._pages)), self._total)
        resources = b"<<%b/XObject<</Head %d 0 R/Total %d 0 R>>>>"
        self._objects.write(
            b"<</Type/Pages/Count %d/Kids[%b]/MediaBox[0 0 %.2f %.2f]/Resources %b>>"
            % (
                self._pages,
                _references(self._branches),
                WIDTH,
                HEIGHT,
                resources % (self._fonts, self._head_form, self._total),
            ),
            self._root,
        )
        catalog = self._objects.write(
            b"<</Type/Catalog/Pages %d 0 R/Lang(%b)/ViewerPreferences<</DisplayDocTitle true>>>>"
            % (self._root, self._layout.language.encode())
        )
        info = self._objects.write(
            b"<</Title%b/CreationDate(D:%bZ)>>"
            % (
                text_string(self._layout.title),
                f"{self._layout.made_at:%Y%m%d%H%M%S}".encode(),
            )
        )
        self._objects.finish(catalog, info)
        self._file.close()

    def abandon(self) -> None:
        self._file.close()

    def _head(self) -> tuple[bytes, float]:
        """What stands above the rows, and where the first of them begins."""
        layout = self._layout
        top = HEIGHT - MARGIN - TITLE_SIZE
        content = _text(self._bold, b"B", TITLE_SIZE, MARGIN, top, layout.title)
        made = layout.made_at.astimezone(layout.zone)
        said = f"{MADE.said(layout.language)} {made:%Y-%m-%d %H:%M:%S} ({layout.zone.key})"
        content += _text(
            self._plain, b"P", NOTE_SIZE, RIGHT - self._plain.width(said) * NOTE_SIZE, top, said
        )
        top -= NOTE_LEADING / 2
        words = " · ".join(layout.filter_words)
        for line in wrapped(words, (RIGHT - MARGIN) / NOTE_SIZE, self._plain.width):
            top -= NOTE_LEADING
            content += _text(self._plain, b"P", NOTE_SIZE, MARGIN, top, line)
        top -= NOTE_LEADING / 2
        labels, height = self._table.header(layout.labels, self._bold)
        content += self._begin_rows(b"B", top) + labels + b"ET\n"
        top -= height
        return content + b"0.8 w %b S\n" % _rule(top), top

    def _begin_rows(self, font: bytes, top: float) -> bytes:
        table = self._table
        place = (table.size, table.leading, table.lefts[0], top - table.leading)
        return b"BT/%b %.1f Tf %.1f TL %.1f %.1f Td\n" % (font, *place)

    def _begin_page(self) -> None:
        self._pages += 1
        self._top = self._below_head
        self._content = [self._begin_rows(b"P", self._top)]
        self._rules: list[bytes] = []

    def _end_page(self, remark: bytes = b"") -> None:
        language = self._layout.language
        words = f"{PAGE.said(language)} {self._pages} {OF.said(language)} "
        left = RIGHT - 85
        after = left + self._plain.width(words) * NOTE_SIZE
        content = b"".join(
            [
                b"/Head Do\n",
                *self._content,
                b"ET\n0.2 w 0.6 G\n",
                *self._rules,
                b"S\n",
                remark,
                _text(self._plain, b"P", NOTE_SIZE, left, FOOT, words),
                b"q 1 0 0 1 %.1f %.1f cm/Total Do Q\n" % (after, FOOT),
            ]
        )
        if not self._leaves:
            self._branch = self._objects.reserve()
        written = self._objects.stream(content)
        leaf = b"<</Type/Page/Parent %d 0 R/Contents %d 0 R>>" % (self._branch, written)
        self._leaves.append(self._objects.write(leaf))
        if len(self._leaves) == PAGES_TOGETHER:
            self._end_branch()

    def _end_branch(self) -> None:
        """So many pages are kept together that nobody has to hold the places of all."""
        leaves = self._leaves
        if leaves:
            content = b"<</Type/Pages/Parent %d 0 R/Count %d/Kids[%b]>>"
            shown = content % (self._root, len(leaves), _references(leaves))
            self._branches.append(self._objects.write(shown, self._branch))
            self._leaves = []

    def _form(self, content: bytes, number: int | None = None) -> int:
        entries = b"/Type/XObject/Subtype/Form/BBox[0 0 %.2f %.2f]/Resources<<%b>>"
        return self._objects.stream(content, entries % (WIDTH, HEIGHT, self._fonts), number)


def _text(  # noqa: PLR0917 - read as the operators of a page
    font: PdfFont, name: bytes, size: float, left: float, bottom: float, words: str
) -> bytes:
    shown = (name, size, left, bottom, literal(font.encode(words)))
    return b"BT/%b %.1f Tf %.1f %.1f Td(%b)Tj ET\n" % shown


@lru_cache(maxsize=1024)
def _rule(height: float) -> bytes:
    return b"%.1f %.1f m %.1f %.1f l\n" % (MARGIN, height, RIGHT, height)


def _references(numbers: list[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)
