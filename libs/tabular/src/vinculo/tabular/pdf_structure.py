"""The structure tree of a PDF, by which a table is read aloud: rows, header cells, cells.

Elements are written page by page. A page has one group of rows, so that the element of the table,
which is written last, refers to one object per page only.

Readers limit the number of a file's objects (pypdf to two, PDFium to four million), and a cell is
an object. So from `MAX_CELL_OBJECT` on, the rows of a page are one cell that spans all columns.

Pages of one shape differ only in the numbers of their objects. These begin at a multiple of a
power of ten, so that the objects of a page are a template with a few prefixes to replace, which
takes a tenth of formatting every number.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from vinculo.tabular.pdf_objects import PdfObjects, references

MAX_CELL_OBJECT: Final = 1_500_000
"""About 90,000 rows of eleven columns; a million rows then have less than two million objects."""
PAGES_PER_NODE: Final = 256
INTRODUCTION: Final = (b"H1", b"P", b"P")
"""The elements before the table on the first page."""
CONTENTS, STREAM, ELEMENTS = range(3)
"""The first objects of a page: its contents, and the stream of the objects that follow."""
FIRST_PREFIX: Final = 0x80
"""The byte that stands for the prefix of the first block of numbers; objects are in ASCII."""
UNITS: Final = (10, 100)
"""Of the numbers of a page: the first one that is enough, or the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageShape:
    """`cells` is false when the rows of the page are one cell.

    The marked contents of a page are numbered from 0 in this order: on the first page those of the
    introduction and of the header cells, then the cells of the rows, on the last page the closing.
    """

    rows: int
    first: bool = False
    last: bool = False
    cells: bool = True


class PdfStructure:
    """The tree of an introduction, one table and a closing paragraph."""

    def __init__(
        self, objects: PdfObjects, columns: int, *, max_cell_object: int = MAX_CELL_OBJECT
    ) -> None:
        self._objects = objects
        self._columns = columns
        self._max_cell_object = max_cell_object
        self.root = objects.reserve()
        self._document = objects.reserve()
        self._table = objects.reserve()
        self._table_parts = array("Q")
        self._before: Sequence[int] = ()
        self._after: Sequence[int] = ()
        self._marks: list[int] = []
        self._mark_nodes: list[int] = []
        self._pages = 0

    @property
    def has_cells(self) -> bool:
        """Whether the next page has an element per cell."""
        return self._objects.next_number < self._max_cell_object

    @property
    def marks_before_rows(self) -> int:
        """The number of the first marked content of the rows on the first page."""
        return len(INTRODUCTION) + self._columns

    def add_page(self, shape: PageShape, *, parent: int, contents: bytes) -> int:
        """Write a page and its elements, and return the number of the page."""
        elements = _elements(self._columns, shape, self._table, self._document)
        first = self._objects.reserve_block(len(elements.lines) + ELEMENTS, elements.unit)
        self._objects.stream(contents, number=first + CONTENTS)
        prefix = first // elements.unit
        index, text = _packed(elements, len(str(prefix)))
        text %= (parent, self._pages)
        for block in range(elements.blocks):
            marker, digits = bytes([FIRST_PREFIX + block]), b"%d" % (prefix + block)
            index, text = index.replace(marker, digits), text.replace(marker, digits)
        numbers = range(first + ELEMENTS, first + ELEMENTS + len(elements.lines))
        self._objects.pack(first + STREAM, numbers, index, text)
        self._table_parts.extend(first + part for part in elements.table_parts)
        self._before = self._before or [first + each for each in elements.before]
        self._after = [first + each for each in elements.after]
        self._marks.append(first + elements.marks)
        self._pages += 1
        if len(self._marks) == PAGES_PER_NODE:
            self._close_mark_node()
        return first + elements.page

    def finish(self) -> None:
        self._close_mark_node()
        write = self._objects.write
        table = b"<</S/Table/P %d 0 R/K[%b]>>"
        write(table % (self._document, references(self._table_parts)), self._table)
        parts = [*self._before, self._table, *self._after]
        document = b"<</S/Document/P %d 0 R/K[%b]>>" % (self.root, references(parts))
        write(document, self._document)
        marks = write(b"<</Kids[%b]>>" % references(self._mark_nodes))
        write(
            b"<</Type/StructTreeRoot/K %d 0 R/ParentTree %d 0 R/ParentTreeNextKey %d>>"
            % (self._document, marks, self._pages),
            self.root,
        )

    def _close_mark_node(self) -> None:
        """Write a node of the tree from pages to the elements of their marked contents."""
        if self._marks:
            first = self._pages - len(self._marks)
            pairs = b" ".join(b"%d %d 0 R" % each for each in enumerate(self._marks, first))
            node = b"<</Limits[%d %d]/Nums[%b]>>" % (first, self._pages - 1, pairs)
            self._mark_nodes.append(self._objects.write(node))
            self._marks = []


class _Elements:
    """The objects of all pages of one shape, except the contents and the stream.

    A number in a line is a byte for the prefix of its block, and its last digits. `marks`, `page`
    and the parts are numbers, counted from the first object of the page.
    """

    def __init__(self, unit: int) -> None:
        self.unit = unit
        self.lines: list[bytes] = []
        self.table_parts: list[int] = []
        self.before: list[int] = []
        self.after: list[int] = []
        self.marks = self.page = 0
        self._marked: list[int] = []

    @property
    def next_number(self) -> int:
        return ELEMENTS + len(self.lines)

    @property
    def blocks(self) -> int:
        return (self.next_number - 1) // self.unit + 1

    def reference(self, number: int) -> bytes:
        return self.token(number) + b" 0 R"

    def token(self, number: int) -> bytes:
        block, rest = divmod(number, self.unit)
        return bytes([FIRST_PREFIX + block]) + str(self.unit + rest)[1:].encode()

    def add(self, line: bytes) -> int:
        self.lines.append(line + b"\n")
        return self.next_number - 1

    def add_marked(self, tag: bytes, parent: bytes, attributes: bytes = b"") -> int:
        """Add the element of the next marked content."""
        content = b"<</S/%b/P %b/Pg %b/K %d%b>>"
        page = self.reference(self.page)
        element = self.add(content % (tag, parent, page, len(self._marked), attributes))
        self._marked.append(element)
        return element

    def add_parent(self, tag: bytes, parent: bytes, children: int, *, step: int = 1) -> int:
        """Add an element whose children follow, each after `step` objects."""
        first = self.next_number + 1
        kids = (self.reference(first + child * step) for child in range(children))
        return self.add(b"<</S/%b/P %b/K[%b]>>" % (tag, parent, b" ".join(kids)))

    def add_rows(
        self,
        group: bytes,
        table: bytes,
        *,
        rows: int,
        cell: bytes,
        cells: int,
        attributes: bytes = b"",
    ) -> None:
        """Add a group of rows of the table."""
        number = self.add_parent(group, table, rows, step=cells + 1)
        self.table_parts.append(number)
        for _ in range(rows):
            row = self.reference(self.add_parent(b"TR", self.reference(number), cells))
            for _ in range(cells):
                self.add_marked(cell, row, attributes)

    def close(self) -> None:
        """Add the list of the marked contents' elements, and the page."""
        marked = b" ".join(map(self.reference, self._marked))
        self.marks = self.add(b"[%b]" % marked)
        contents = self.reference(CONTENTS)
        self.add(b"<</Type/Page/Contents %b/Parent %%d 0 R/StructParents %%d>>" % contents)


@lru_cache(maxsize=512)
def _elements(columns: int, shape: PageShape, table: int, document: int) -> _Elements:
    in_table, in_document = b"%d 0 R" % table, b"%d 0 R" % document
    cells = columns if shape.cells else 1
    rows = shape.rows if shape.cells else min(shape.rows, 1)
    count = rows * (cells + 1) + bool(rows)
    count += (len(INTRODUCTION) + columns + 2) * shape.first + shape.last + 2
    few, many = UNITS
    elements = _Elements(few if ELEMENTS + count <= few else many)
    elements.page = ELEMENTS + count - 1
    if shape.first:
        elements.before = [elements.add_marked(tag, in_document) for tag in INTRODUCTION]
        scope = b"/A<</O/Table/Scope/Column>>"
        elements.add_rows(b"THead", in_table, rows=1, cell=b"TH", cells=columns, attributes=scope)
    if rows:
        span = b"" if shape.cells else b"/A<</O/Table/ColSpan %d>>" % columns
        elements.add_rows(b"TBody", in_table, rows=rows, cell=b"TD", cells=cells, attributes=span)
    if shape.last:
        elements.after = [elements.add_marked(b"P", in_document)]
    elements.close()
    return elements


@lru_cache(maxsize=512)
def _packed(elements: _Elements, digits: int) -> tuple[bytes, bytes]:
    """The index of the objects, and the objects, when prefixes have this number of digits."""
    pairs, offset = [], 0
    for number, line in enumerate(elements.lines, ELEMENTS):
        pairs.append(b"%b %d" % (elements.token(number), offset))
        offset += len(line) + (digits - 1) * sum(byte >= FIRST_PREFIX for byte in line)
    return b" ".join(pairs) + b"\n", b"".join(elements.lines)
