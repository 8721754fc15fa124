"""A PDF for printing: landscape, filter and header on every page, long cells wrapped.

Each page is written when it is full, so that memory does not grow with the number of pages. What is
the same on all pages is drawn once and referred to: the header, and the number of pages, which is
written last so that no page waits for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyarrow as pa  # type: ignore[import-untyped]

from vinculo.tabular.cells import shown_columns
from vinculo.tabular.pdf_fonts import (
    BOLD,
    PLAIN,
    PdfFont,
    literal,
    pdf_font,
)
from vinculo.tabular.pdf_objects import PdfObjects, text_string
from vinculo.tabular.pdf_table import PdfTable, wrap_text
from vinculo.tabular.table import FileReport, TableLayout

PAGE_WIDTH, PAGE_HEIGHT = 841.89, 595.28
MARGIN: Final = 28.0
RIGHT: Final = PAGE_WIDTH - MARGIN
TITLE_SIZE: Final = 12.0
NOTE_SIZE: Final = 7.0
NOTE_LEADING: Final = 9.0
FOOTER_BASELINE: Final = MARGIN - 12
PAGE_NUMBER_WIDTH: Final = 85
PAGES_PER_NODE: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfTexts:
    """Texts on the pages, in the language of the file; the number of pages follows `page`."""

    made_on: str
    page: Callable[[int], str]
    rows: Callable[[int], str]


class PdfWriter:
    def __init__(self, path: Path, layout: TableLayout, *, texts: PdfTexts) -> None:
        self._layout = layout
        self._texts = texts
        self._file = path.open("wb")
        self._objects = PdfObjects(self._file)
        self._plain, self._bold = pdf_font(PLAIN), pdf_font(BOLD)
        plain, bold = self._plain.write(self._objects), self._bold.write(self._objects)
        self._fonts = b"/Font<</P %d 0 R/B %d 0 R>>" % (plain, bold)
        self._table = PdfTable(layout.columns, left=MARGIN, width=RIGHT - MARGIN)
        header, self._below_header = self._header()
        self._header_form = self._form(header)
        self._page_count_form = self._objects.reserve()
        self._root = self._objects.reserve()
        self._nodes: list[int] = []
        self._leaves: list[int] = []
        self._rows = self._pages = 0
        self._start_page()

    def write(self, rows: pa.RecordBatch) -> None:
        columns = shown_columns(rows, self._layout)
        for content, height in self._table.rows(columns, self._plain):
            if self._top - height < MARGIN:
                self._finish_page()
                self._start_page()
            self._content.append(content)
            self._top -= height
            self._rules.append(_rule(self._top))
        self._rows += rows.num_rows

    def finish(self) -> FileReport:
        total = self._texts.rows(self._rows)
        self._finish_page(_text(self._bold, b"B", NOTE_SIZE, MARGIN, FOOTER_BASELINE, total))
        self._close_page_tree_node()
        page_count = _text(self._plain, b"P", NOTE_SIZE, 0, 0, str(self._pages))
        self._form(page_count, self._page_count_form)
        resources = b"<<%b/XObject<</Head %d 0 R/Total %d 0 R>>>>"
        self._objects.write(
            b"<</Type/Pages/Count %d/Kids[%b]/MediaBox[0 0 %.2f %.2f]/Resources %b>>"
            % (
                self._pages,
                _references(self._nodes),
                PAGE_WIDTH,
                PAGE_HEIGHT,
                resources % (self._fonts, self._header_form, self._page_count_form),
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
        return FileReport(rows=self._rows)

    def discard(self) -> None:
        self._file.close()

    def _header(self) -> tuple[bytes, float]:
        """The content above the rows, and the vertical position of the first row."""
        layout = self._layout
        top = PAGE_HEIGHT - MARGIN - TITLE_SIZE
        content = _text(self._bold, b"B", TITLE_SIZE, MARGIN, top, layout.title)
        made_on = self._texts.made_on
        left = RIGHT - self._plain.width(made_on) * NOTE_SIZE
        content += _text(self._plain, b"P", NOTE_SIZE, left, top, made_on)
        top -= NOTE_LEADING / 2
        notes = " · ".join(layout.notes)
        for line in wrap_text(notes, (RIGHT - MARGIN) / NOTE_SIZE, self._plain.width):
            top -= NOTE_LEADING
            content += _text(self._plain, b"P", NOTE_SIZE, MARGIN, top, line)
        top -= NOTE_LEADING / 2
        labels, height = self._table.header(layout.titles, self._bold)
        content += self._start_table(b"B", top) + labels + b"ET\n"
        top -= height
        return content + b"0.8 w %b S\n" % _rule(top), top

    def _start_table(self, font: bytes, top: float) -> bytes:
        table = self._table
        settings = (table.size, table.leading, table.lefts[0], top - table.leading)
        return b"BT/%b %.1f Tf %.1f TL %.1f %.1f Td\n" % (font, *settings)

    def _start_page(self) -> None:
        self._pages += 1
        self._top = self._below_header
        self._content = [self._start_table(b"P", self._top)]
        self._rules: list[bytes] = []

    def _finish_page(self, note: bytes = b"") -> None:
        page = self._texts.page(self._pages) + " "
        left = RIGHT - PAGE_NUMBER_WIDTH
        after = left + self._plain.width(page) * NOTE_SIZE
        content = b"".join(
            [
                b"/Head Do\n",
                *self._content,
                b"ET\n0.2 w 0.6 G\n",
                *self._rules,
                b"S\n",
                note,
                _text(self._plain, b"P", NOTE_SIZE, left, FOOTER_BASELINE, page),
                b"q 1 0 0 1 %.1f %.1f cm/Total Do Q\n" % (after, FOOTER_BASELINE),
            ]
        )
        if not self._leaves:
            self._node = self._objects.reserve()
        written = self._objects.stream(content)
        leaf = b"<</Type/Page/Parent %d 0 R/Contents %d 0 R>>" % (self._node, written)
        self._leaves.append(self._objects.write(leaf))
        if len(self._leaves) == PAGES_PER_NODE:
            self._close_page_tree_node()

    def _close_page_tree_node(self) -> None:
        """Write a node of the page tree, so that not all page numbers are kept in memory."""
        leaves = self._leaves
        if leaves:
            content = b"<</Type/Pages/Parent %d 0 R/Count %d/Kids[%b]>>"
            node = content % (self._root, len(leaves), _references(leaves))
            self._nodes.append(self._objects.write(node, self._node))
            self._leaves = []

    def _form(self, content: bytes, number: int | None = None) -> int:
        entries = b"/Type/XObject/Subtype/Form/BBox[0 0 %.2f %.2f]/Resources<<%b>>"
        return self._objects.stream(
            content, entries % (PAGE_WIDTH, PAGE_HEIGHT, self._fonts), number
        )


def _text(  # noqa: PLR0917 - in the order of the operators of a page
    font: PdfFont, name: bytes, size: float, left: float, bottom: float, content: str
) -> bytes:
    operands = (name, size, left, bottom, literal(font.encode(content)))
    return b"BT/%b %.1f Tf %.1f %.1f Td(%b)Tj ET\n" % operands


@lru_cache(maxsize=1024)
def _rule(height: float) -> bytes:
    return b"%.1f %.1f m %.1f %.1f l\n" % (MARGIN, height, RIGHT, height)


def _references(numbers: list[int]) -> bytes:
    return b" ".join(b"%d 0 R" % number for number in numbers)
