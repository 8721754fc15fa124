"""A PDF for printing and reading aloud: landscape, notes and header on every page.

Each page is written when it is full, so that memory does not grow with the number of pages. What is
the same on all pages is drawn once and referred to: the header, and the number of pages. Both, and
the font, are written last. The file is tagged as PDF/UA-1 requires: on the first page the header is
a heading, paragraphs and header cells, on others an artifact.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

import pyarrow as pa  # type: ignore[import-untyped]

from vinculo.tabular.cells import cell_texts, shown_columns
from vinculo.tabular.fonts import Fonts
from vinculo.tabular.pdf_font import PdfFont
from vinculo.tabular.pdf_objects import PdfObjects, references, text_string
from vinculo.tabular.pdf_structure import MAX_CELL_OBJECT, PageShape, PdfStructure
from vinculo.tabular.pdf_table import (
    HEADER_CELL,
    LINES,
    DeepRow,
    PdfTable,
    UsualRows,
    wrap_text,
)
from vinculo.tabular.table import FileReport, RowNumbers, TableLayout

PAGE_WIDTH, PAGE_HEIGHT = 841.89, 595.28
MARGIN: Final = 28.0
RIGHT: Final = PAGE_WIDTH - MARGIN
TITLE_SIZE: Final = 12.0
NOTE_SIZE: Final = 7.0
NOTE_LEADING: Final = 9.0
FOOTER_BASELINE: Final = MARGIN - 12
PAGE_NUMBER_WIDTH: Final = 85
BOLD_STROKE: Final = 0.025
"""The width of the outline that makes letters bold, at font size 1."""
PAGES_PER_NODE: Final = 256
HEADER_ARTIFACT: Final = b"/Artifact<</Type/Pagination/Subtype/Header>>BDC\n/Head Do\nEMC\n"
METADATA: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" \
xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" xmlns:xmp="http://ns.adobe.com/xap/1.0/">
<pdfuaid:part>1</pdfuaid:part>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>{language}</rdf:li></rdf:Bag></dc:language>
<xmp:CreateDate>{made_at:%Y-%m-%dT%H:%M:%S}Z</xmp:CreateDate>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PdfTexts:
    """Texts on the pages, in the language of the file; the number of pages follows `page`."""

    made_on: str
    page: Callable[[int], str]
    rows: Callable[[int], str]


class PdfWriter:
    """Letters without a glyph in any font are printed as white squares; the report has their rows.

    A cell has at most 30 lines; the report has the rows of longer ones, which end in an ellipsis.
    """

    def __init__(
        self,
        path: Path,
        layout: TableLayout,
        *,
        texts: PdfTexts,
        fonts: Fonts,
        max_cell_object: int = MAX_CELL_OBJECT,
    ) -> None:
        self._layout = layout
        self._texts = texts
        self._font = PdfFont(fonts)
        self._table = PdfTable(layout.columns, self._font, left=MARGIN, width=RIGHT - MARGIN)
        self._missing, self._truncated = RowNumbers(), RowNumbers()
        self._file = path.open("wb")
        self._objects = PdfObjects(self._file)
        self._structure = PdfStructure(
            self._objects, len(layout.columns), max_cell_object=max_cell_object
        )
        self._font_number, self._header_form, self._page_count_form, self._root = (
            self._objects.reserve() for _ in range(4)
        )
        self._first_header, self._below_header = self._header(0)
        self._nodes: list[int] = []
        self._leaves: list[int] = []
        self._rows = self._pages = 0
        self._start_page()

    def write(self, rows: pa.RecordBatch) -> None:
        if not rows.num_rows:
            return
        shown = shown_columns(rows, self._layout)
        columns = self._table.wrap([cell_texts(cells, self._layout) for cells in shown])
        for part in self._table.rows(columns):
            if isinstance(part, DeepRow):
                self._add_deep_row(part)
            else:
                self._add_usual_rows(part)
        for numbers, found in (
            (self._missing, [column.missing for column in columns]),
            (self._truncated, [column.truncated for column in columns]),
        ):
            numbers.add([self._rows + row + 1 for row in sorted(set().union(*found))])
        self._rows += rows.num_rows

    def finish(self) -> FileReport:
        self._finish_page(closing=self._texts.rows(self._rows))
        self._close_page_tree_node()
        self._form(self._header()[0], self._header_form)
        self._form(self._text(NOTE_SIZE, 0, 0, str(self._pages)), self._page_count_form)
        self._structure.finish()
        resources = b"<<%b/XObject<</Head %d 0 R/Total %d 0 R>>>>"
        self._objects.write(
            b"<</Type/Pages/Count %d/Kids[%b]/MediaBox[0 0 %.2f %.2f]/Resources %b>>"
            % (
                self._pages,
                references(self._nodes),
                PAGE_WIDTH,
                PAGE_HEIGHT,
                resources % (self._font_resource, self._header_form, self._page_count_form),
            ),
            self._root,
        )
        self._font.write(self._objects, self._font_number)
        self._objects.finish(self._catalog(), self._information())
        self._file.close()
        return FileReport(
            rows=self._rows,
            fonts=self._font.files,
            missing_glyphs=self._missing,
            truncated=self._truncated,
        )

    def discard(self) -> None:
        self._file.close()

    @property
    def _font_resource(self) -> bytes:
        return b"/Font<</F %d 0 R>>" % self._font_number

    def _catalog(self) -> int:
        layout = self._layout
        metadata = METADATA.format(
            title=escape(layout.title), language=layout.language, made_at=layout.made_at
        ).encode()
        stream = b"<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n%b\nendstream"
        metadata_number = self._objects.write(stream % (len(metadata), metadata))
        return self._objects.write(
            b"<</Type/Catalog/Pages %d 0 R/Lang(%b)/MarkInfo<</Marked true>>/StructTreeRoot %d 0 R"
            b"/Metadata %d 0 R/ViewerPreferences<</DisplayDocTitle true>>>>"
            % (self._root, layout.language.encode(), self._structure.root, metadata_number)
        )

    def _information(self) -> int:
        made_at = f"{self._layout.made_at:%Y%m%d%H%M%S}".encode()
        title = text_string(self._layout.title)
        return self._objects.write(b"<</Title%b/CreationDate(D:%bZ)>>" % (title, made_at))

    def _header(self, mark: int | None = None) -> tuple[bytes, float]:
        """The content above the rows, and the vertical position of the first row.

        With a mark, its parts are marked contents with this number and the following ones.
        """
        layout, font = self._layout, self._font
        top = PAGE_HEIGHT - MARGIN - TITLE_SIZE
        title = self._text(TITLE_SIZE, MARGIN, top, layout.title, bold=True)
        left = RIGHT - font.width(self._texts.made_on) * NOTE_SIZE
        made_on = self._text(NOTE_SIZE, left, top, self._texts.made_on)
        top -= NOTE_LEADING / 2
        notes = []
        width = (RIGHT - MARGIN) / NOTE_SIZE
        for line in wrap_text(" · ".join(layout.notes), width, font.width)[0]:
            top -= NOTE_LEADING
            notes.append(self._text(NOTE_SIZE, MARGIN, top, line))
        top -= NOTE_LEADING / 2
        parts = [(b"H1", title), (b"P", made_on), (b"P", b"".join(notes))]
        if mark is not None:
            parts = [(tag, _marked(tag, mark + n, part)) for n, (tag, part) in enumerate(parts)]
            mark += len(parts)
        row = self._table.header(layout.titles)
        titles = self._table.deep_content(row, mark, HEADER_CELL)
        below = top - self._table.height(row.depth)
        return (
            b"".join(part for _, part in parts)
            + self._start_table(top)
            + _bold(self._table.size)
            + titles
            + b"0 Tr ET\n"
            + _artifact(b"0.8 w 0 G %b S\n" % _rule(below)),
            below,
        )

    def _start_table(self, top: float) -> bytes:
        table = self._table
        settings = (table.size, table.leading, table.lefts[0], top - table.leading)
        return b"BT/F %.1f Tf %.1f TL %.1f %.1f Td\n" % settings

    def _start_page(self) -> None:
        self._has_cells = self._pages == 0 or self._structure.has_cells
        self._mark = self._structure.marks_before_rows if self._pages == 0 else 0
        self._pages += 1
        self._top = self._below_header
        self._content: list[bytes] = []
        self._rules: list[bytes] = []

    def _add_usual_rows(self, rows: UsualRows) -> None:
        height = self._table.height(LINES)
        start = 0
        while start < len(rows.lines):
            fitting = int((self._top - MARGIN) / height)
            if fitting < 1:
                self._finish_page()
                self._start_page()
                continue
            part = rows.part(start, start + fitting)
            count = len(part.lines)
            self._content += self._table.usual_content(part, self._marks(count))
            self._rules += [_rule(self._top - height * n) for n in range(1, count + 1)]
            self._top -= height * count
            start += count

    def _add_deep_row(self, row: DeepRow) -> None:
        height = self._table.height(row.depth)
        if self._top - height < MARGIN:
            self._finish_page()
            self._start_page()
        (mark,) = self._marks(1)
        self._content.append(self._table.deep_content(row, mark))
        self._top -= height
        self._rules.append(_rule(self._top))

    def _marks(self, rows: int) -> Sequence[int | None]:
        """The numbers of the first marked contents of the next rows."""
        if not self._has_cells:
            return [None] * rows
        columns = len(self._layout.columns)
        first = self._mark + len(self._content) * columns
        return range(first, first + rows * columns, columns)

    def _finish_page(self, closing: str | None = None) -> None:
        rows = len(self._content)
        shape = PageShape(
            rows=rows, first=self._pages == 1, last=closing is not None, cells=self._has_cells
        )
        table = b"".join(self._content)
        if rows and not shape.cells:
            table = _marked(b"TD", 0, table)
        next_mark = self._mark + (rows * len(self._layout.columns) if shape.cells else min(rows, 1))
        page, page_width = self._font.line(self._texts.page(self._pages) + " ")
        left = RIGHT - PAGE_NUMBER_WIDTH
        after = left + page_width * NOTE_SIZE
        content = [
            self._first_header if shape.first else HEADER_ARTIFACT,
            self._start_table(self._below_header),
            table,
            b"ET\n",
            _artifact(b"0.2 w 0.6 G\n%bS 0 G\n" % b"".join(self._rules)) if rows else b"",
        ]
        if closing is not None:
            text = self._text(NOTE_SIZE, MARGIN, FOOTER_BASELINE, closing, bold=True)
            content.append(_marked(b"P", next_mark, text))
        number = _string(NOTE_SIZE, left, FOOTER_BASELINE, page)
        total = b"q 1 0 0 1 %.1f %.1f cm/Total Do Q\n" % (after, FOOTER_BASELINE)
        content.append(_artifact(number + total, b"<</Type/Pagination/Subtype/Footer>>BDC"))
        if not self._leaves:
            self._node = self._objects.reserve()
        self._leaves.append(
            self._structure.add_page(shape, parent=self._node, contents=b"".join(content))
        )
        if len(self._leaves) == PAGES_PER_NODE:
            self._close_page_tree_node()

    def _close_page_tree_node(self) -> None:
        """Write a node of the page tree, so that not all page numbers are kept in memory."""
        leaves = self._leaves
        if leaves:
            content = b"<</Type/Pages/Parent %d 0 R/Count %d/Kids[%b]>>"
            node = content % (self._root, len(leaves), references(leaves))
            self._nodes.append(self._objects.write(node, self._node))
            self._leaves = []

    def _form(self, content: bytes, number: int) -> None:
        entries = b"/Type/XObject/Subtype/Form/BBox[0 0 %.2f %.2f]/Resources<<%b>>"
        self._objects.stream(
            content, entries % (PAGE_WIDTH, PAGE_HEIGHT, self._font_resource), number
        )

    def _text(
        self, size: float, left: float, bottom: float, text: str, *, bold: bool = False
    ) -> bytes:
        shown = _string(size, left, bottom, self._font.string(text))
        return b"%b%b0 Tr\n" % (_bold(size), shown) if bold else shown


def _string(size: float, left: float, bottom: float, string: bytes) -> bytes:
    return b"BT/F %.1f Tf %.1f %.1f Td(%b)Tj ET\n" % (size, left, bottom, string)


def _bold(size: float) -> bytes:
    """Fill and outline letters; in black, as the outline has a colour too."""
    return b"2 Tr 0 G %.2f w " % (size * BOLD_STROKE)


def _marked(tag: bytes, number: int, content: bytes) -> bytes:
    return b"/%b<</MCID %d>>BDC\n%bEMC\n" % (tag, number, content)


def _artifact(content: bytes, properties: bytes = b"BMC") -> bytes:
    return b"/Artifact %b\n%bEMC\n" % (properties, content)


@lru_cache(maxsize=1024)
def _rule(height: float) -> bytes:
    return b"%.1f %.1f m %.1f %.1f l\n" % (MARGIN, height, RIGHT, height)
